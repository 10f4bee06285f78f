"""Top-level names that installed packages are known to take, and so may stand before a folder of the same name."""

from __future__ import annotations

import sys

# Widely used distributions whose import name is also a likely name for a folder of scripts, settings or documents.
_KNOWN = """
airflow alembic amqp ansible anthropic anyio argon2 arrow asgiref asyncpg attr attrs authlib babel backoff bandit
bcrypt behave billiard black bleach blinker bokeh boto boto3 botocore bottle brotli bson build cachetools cassandra
celery certifi cffi chalice channels chardet charset_normalizer chromadb click clickhouse_connect clickhouse_driver
cloudpickle cmake colorama commitizen conan conda confluent_kafka consul cookiecutter coverage crispy_forms
cryptography cv2 cython dagster dash dask databases datasets dateutil dbt debugpy django dns docker docutils dotenv
dramatiq duckdb ecdsa elasticsearch etcd3 eventlet execnet fabric factory faker falcon fastapi feedparser filelock
firebase_admin flask flower fsspec gensim gevent git github gitlab google grafana graphene graphql graphviz
great_expectations greenlet grpc grpc_tools gunicorn h11 h2 h5py helm hologram httplib2 httpx huggingface_hub hvac
hypercorn hypothesis idna imageio influxdb invoke ipykernel IPython isort jaeger_client jax jenkins jinja2 jira
jmespath joblib jose jsonschema jupyter jwt kafka keras keystone kombu kubernetes langchain ldap ldap3 libcst
lightgbm locust loguru lxml mako markdown markupsafe marshmallow matplotlib mkdocs mlflow mock molecule mongoengine
moto mypy mysql MySQLdb nacl neo4j networkx newrelic nltk nomad nose notebook numba numpy oauth2client oauthlib
openai opensearchpy openstack opentelemetry orjson packaging pandas paramiko passlib pathspec peewee pelican
pendulum pika pip pipenv pkg_resources playwright plotly poetry polars posthog pre_commit prefect prometheus_client
protobuf psutil psycopg psycopg2 pulsar pulumi puppet py pyarrow pycparser pydantic pydantic_settings pygments
pyinfra pylint pymongo pymysql pynvim pyodbc pyramid pyspark pytest pytz pywt qdrant_client quart rabbitmq ray redis
regex replicate requests requests_mock responses rich robot rq ruamel ruff salt sanic scapy scipy scrapy seaborn
selenium sentence_transformers sentry sentry_sdk serverless setuptools setuptools_scm shapely simplejson six sklearn
slack slack_sdk slowapi snowflake socketio spacy sphinx sqlalchemy sqlmodel sqlparse starlette statsmodels streamlit
stripe structlog supabase superset supervisor sympy tabulate telegram temporalio tenacity tensorboard tensorflow
terraform testcontainers textual thrift tiktoken toml tomli tomlkit toolz torch tornado tox tqdm transformers trio
twilio twine twisted typeguard typer tzdata ujson urllib3 uvicorn uvloop vagrant vault versioneer virtualenv wagtail
waitress wandb watchdog watchfiles weasyprint websocket websockets werkzeug wheel whitenoise wrapt wsgi wtforms
xgboost yaml yarl zeep zmq zope zstandard
"""
_NAMES = frozenset(_KNOWN.split()) | sys.stdlib_module_names


def is_distribution(name: str) -> bool:
    """Whether a top-level name may belong to an installed package or to the standard library."""
    return name in _NAMES
