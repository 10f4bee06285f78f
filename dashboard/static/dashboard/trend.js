// The trend chart: score and open violations by commit, two panels that share one cursor and one zoom.
"use strict";
(() => {
  const box = document.querySelector(".trend");
  if (!box || !window.uPlot) return;
  box.hidden = false;
  const readout = box.querySelector("[data-readout]");
  const hint = readout.textContent;
  const panels = { score: box.querySelector('[data-panel="score"]'), open: box.querySelector('[data-panel="open"]') };
  const HEIGHT = { score: 210, open: 120 };
  const LEAST_SPAN = 4; // points of score: noise must look flat
  let charts = [];
  let data = null;

  // Canvas knows no custom properties: resolve them to the colours of the current theme.
  function colour(token) {
    const probe = document.createElement("span");
    probe.style.color = `var(--${token})`;
    box.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const whole = new Intl.NumberFormat("en-US");

  function say(index) {
    if (index === null || index === undefined) {
      readout.textContent = hint;
      return;
    }
    const parts = [
      ["", data.sha[index].slice(0, 9)],
      ["", data.authors[data.author[index]]],
      ["", day.format(new Date(data.at[index] * 1000))],
      ["score ", data.score[index] === null ? "not comparable" : data.score[index].toFixed(2)],
      ["open ", whole.format(data.open[index])],
      ["introduced ", whole.format(data.introduced[index])],
      ["fixed ", whole.format(data.fixed[index])],
    ];
    readout.replaceChildren(
      ...parts.map(([word, value]) => {
        const part = document.createElement("span");
        const strong = document.createElement("b");
        strong.textContent = value;
        part.append(word, strong);
        return part;
      }),
    );
  }

  function openCommit(chart) {
    const index = chart.cursor.idx;
    if (index !== null && index !== undefined) location.href = `${box.dataset.commit}${data.sha[index]}/`;
  }

  function options(name, line, colours, dates) {
    let pressedAt = 0;
    const axis = { stroke: colours.ink2, grid: { stroke: colours.rule, width: 1 }, ticks: { show: false }, font: "11px \"Inter Variable\", system-ui, sans-serif" };
    return {
      width: panels[name].clientWidth,
      height: HEIGHT[name],
      padding: [8, 42, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: "trend", setSeries: false },
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: true },
        bind: {
          mousedown: (chart, target, handler) => (event) => { pressedAt = event.clientX; handler(event); },
          mouseup: (chart, target, handler) => (event) => {
            const moved = Math.abs(event.clientX - pressedAt);
            handler(event);
            if (event.button === 0 && moved < 4) openCommit(chart);
          },
        },
      },
      scales: { x: { time: false }, y: { range: (chart, low, high) => span(name, low, high) } },
      axes: [
        { ...axis, grid: { show: false }, show: dates, size: 26, space: 110, values: (chart, ticks) => ticks.map(dateOf) },
        { ...axis, size: 52, space: 34, values: (chart, ticks) => ticks.map((tick) => whole.format(tick)) },
      ],
      series: [{}, { stroke: line, width: 1.75, spanGaps: false, points: { show: data.seq.length < 3 } }],
      hooks: { setCursor: [(chart) => say(chart.cursor.left < 0 ? null : chart.cursor.idx)] },
    };
  }

  function span(name, low, high) {
    if (low === null || high === null) return [0, 1];
    if (name === "open") return [Math.max(0, low - (high - low) * 0.1 - 1), high + (high - low) * 0.1 + 1];
    const missing = Math.max(LEAST_SPAN - (high - low), 0) / 2;
    const air = (high - low) * 0.08;
    return [Math.max(0, low - missing - air), Math.min(100, high + missing + air)];
  }

  function dateOf(seq) {
    const index = seq - data.seq[0];
    return Number.isInteger(seq) && index in data.at ? day.format(new Date(data.at[index] * 1000)) : "";
  }

  function draw() {
    for (const chart of charts) chart.destroy();
    const colours = { ink: colour("ink"), ink2: colour("ink-2"), rule: colour("rule"), accent: colour("accent") };
    charts = [
      new uPlot(options("score", colours.ink, colours, false), [data.seq, data.score], panels.score),
      new uPlot(options("open", colours.accent, colours, true), [data.seq, data.open], panels.open),
    ];
    linkZoom();
  }

  // A drag in one panel zooms both; a double click on either shows everything again.
  function linkZoom() {
    let busy = false;
    for (const chart of charts) {
      const other = charts.find((one) => one !== chart);
      chart.hooks.setScale = [
        (source, key) => {
          if (key !== "x" || busy) return;
          busy = true;
          other.setScale("x", { min: source.scales.x.min, max: source.scales.x.max });
          busy = false;
        },
      ];
    }
  }

  async function start() {
    const response = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
    if (!response.ok) {
      readout.textContent = "The points of this chart could not be loaded. The table below holds them.";
      return;
    }
    data = await response.json();
    if (!data.seq.length) {
      readout.textContent = "No commit has its numbers yet.";
      return;
    }
    draw();
    const resize = new ResizeObserver(() => {
      for (const [index, name] of ["score", "open"].entries())
        charts[index].setSize({ width: panels[name].clientWidth, height: HEIGHT[name] });
    });
    resize.observe(box);
    document.addEventListener("themechange", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    box.dataset.ready = "true";
  }

  start();
})();
