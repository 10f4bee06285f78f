"""The walk through a document: every block goes to the part of the plan it stands in."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.plan_markdown import commands, inline, names
from dashboard.plan_markdown.blocks import Block, Fence, HeadingBlock, ListBlock, Paragraph, Quote, Table
from dashboard.plan_markdown.boxes import BoxReader
from dashboard.plan_markdown.document import Field, Heading, Phase, PlanDocument, Rollback, Step, Unsure
from dashboard.plan_markdown.fields import add_text, plain_label, set_known
from dashboard.plan_markdown.inline import Label, Line
from dashboard.plan_markdown.item_texts import claim_texts, full_text
from dashboard.plan_markdown.items import ItemReader
from dashboard.plan_markdown.names import Name, Names
from dashboard.plan_markdown.places import Places
from dashboard.plan_markdown.sections import BOLD_PHASE, BOLD_STEP, LABEL, MOMENT, Section, Stack, kind_of

DRAWINGS = ("", "text", "txt", "plaintext")  # languages of code blocks that hold no code
MAX_TITLE_LINE = 120  # a longer line that ends with a colon is a sentence


class Reader:
    """Fills a PlanDocument; `claimed` holds the source lines that a part has taken, `places` where each block stood."""

    def __init__(self, document: PlanDocument, blocks: list[Block]) -> None:
        self.document = document
        self.blocks = blocks
        self.claimed: set[int] = set()
        self.where: list[tuple[Block, Section]] = []
        self.stack = Stack()
        self.boxes = BoxReader(document, self.claimed)
        self.items = ItemReader(document, self.claimed)
        self.title_line = names.title_line(blocks)
        self.names: Names = names.find(blocks, self.title_line)
        document.unsure.extend(self.names.unsure)
        self.places = Places(document, self.names)

    def read(self) -> None:
        for block in self.blocks:
            if isinstance(block, HeadingBlock):
                self.heading(block)
            elif isinstance(block, Paragraph):
                self.lines(block.lines)
            else:
                self.block(block)
            self.where.append((block, self.stack.top))

    # Headings and labels ------------------------------------------------------------------------------------------

    def heading(self, block: HeadingBlock) -> None:
        title = block.text.text
        self.claimed.update(range(block.line, block.end + 1))
        self.document.sections.append(Heading(block.line, block.level, title))
        level = block.level * 10
        if block.line == self.title_line:
            self.document.title = title
            self.stack.push(Section(level, "", block.line))
            return
        name = self.names.by_line.get(block.line)
        above = self.stack.close(level)
        if name is None and above.phase is not None:
            name = names.name_in(title, inside_phase=True)
        if name is not None:
            self.stack.push(self.places.enter(name, block.line, level, above))
            return
        self.places.leave(level)
        self.stack.push(self._plain_section(title, block.line, level, above, empty=True))

    def _plain_section(self, title: str, line: int, level: int, above: Section, *, empty: bool) -> Section:
        """A heading or label that names no phase and no step."""
        own = kind_of(title)
        owner = above.step or above.phase
        if owner is not None and own not in ("rollback", "overall"):
            own = None
        section = Section(level, title, line, own or above.kind, above.phase, above.step, above.operation)
        section.announces = own is not None
        section.open = empty
        if owner is not None and section.kind is None:
            section.label = Field(title.rstrip(": "), line)
        if own == "overall":
            section.phase = section.step = None
        if section.kind == "timeline" and owner is None and (own or not MOMENT.match(above.title)):
            self.items.open_bucket(title, line)
        if section.kind == "violations" and own is None and owner is None:
            self.items.violation(title, line)
        return section

    def _bold_section(self, name: Name, line: Line) -> Section | None:
        label = inline.label(line)
        above = self.stack.top
        if name.kind == "phase":
            if name.form == "running" and (label is None or label.text):
                return None  # "**Phase 1 Status:** done" is a label with its value
            level = self.stack.between(BOLD_PHASE)
        else:
            if name.form == "running" or (above.phase is None and self.places.has_heading_steps):
                return None
            level = self.stack.between(BOLD_STEP)
        return self.places.enter(name, line.number, level, self.stack.close(level))

    def lines(self, lines: tuple[Line, ...]) -> None:
        """The lines of a paragraph: labels with values, labels that open a list, or plain text."""
        for line in lines:
            name = self.names.by_line.get(line.number)
            if name is not None and (section := self._bold_section(name, line)):
                self.stack.push(section)
                self.claimed.add(line.number)
                continue
            label = inline.label(line)
            if label is not None and label.colon:
                self.label(label, line)
            elif label is not None and line is lines[-1] and self._opens(label, line):
                self._open_label(line.text.rstrip(":"), line)
            elif (plain := plain_label(line.text)) and self._owner() is not None:
                self._value(plain[0], plain[1], [], line)
            elif line is lines[-1] and line.text.endswith(":") and self._introduces(line):
                self._open_label(line.text.rstrip(":"), line)
            else:
                self.text(line)

    def _owner(self) -> Phase | Step | None:
        return self.stack.top.step or self.stack.top.phase

    def _introduces(self, line: Line) -> bool:
        """Whether a plain line with a colon at its end names what follows it."""
        return self._owner() is not None and len(line.text) < MAX_TITLE_LINE

    def _opens(self, label: Label, line: Line) -> bool:
        """Whether a bold line without a colon is a heading in disguise; a remark may stand behind its bold part."""
        if label.text and not (inline.REMARK.match(label.text) and len(line.text) < MAX_TITLE_LINE):
            return False
        return self._owner() is not None or kind_of(label.name) is not None or self.stack.top.kind == "timeline"

    def label(self, label: Label, line: Line) -> None:
        if kind_of(label.name) == "next" and label.text and self.document.next_action is None:
            self.document.next_action = label.text
            self.claimed.add(line.number)
        elif not label.text:
            self._open_label(label.name, line)
        else:
            self._value(label.name, label.text, [span.text for span in label.value if span.code], line)

    def _open_label(self, name: str, line: Line) -> None:
        above = self.stack.close_label()
        section = self._plain_section(name, line.number, self.stack.between(LABEL), above, empty=True)
        self.stack.push(section)
        if section.kind is not None and section.announces:
            self.claimed.add(line.number)
            self.document.sections.append(Heading(line.number, 0, name))

    def _value(self, name: str, value: str, codes: list[str], line: Line) -> None:
        """A label with its value on the same line."""
        above = self.stack.close_label()
        owner = self._owner()
        document = self.document
        if owner is None and len(document.sections) <= 1:
            add_text(document.fields, name, line.number, value, inline=True)
        elif owner is None or above.kind == "rollback":
            return
        elif not set_known(owner, name, value, codes):
            add_text(owner.fields, name, line.number, value, inline=True)
        if owner is not None:
            owner.labels.setdefault(name, line.number)
        self.claimed.add(line.number)
        section = self._plain_section(name, line.number, self.stack.between(LABEL), above, empty=value.endswith(":"))
        self.stack.push(section)

    def text(self, line: Line) -> None:
        """Plain text: what an open label waits for, or a note."""
        top = self.stack.top
        if top.kind == "next" and self.document.next_action is None:
            self.document.next_action = line.text
            self.claimed.add(line.number)
        elif top.label is not None and top.open and not top.filled and top.level % 10 == LABEL:
            owner = self._owner()
            if owner is None:
                return
            top.filled = True
            owner.labels.setdefault(top.label.name, top.label.line)
            self.claimed.update((line.number, top.label.line))
            if not set_known(owner, top.label.name, line.text, line.codes):
                add_text(owner.fields, top.label.name, top.label.line, line.text)

    # Everything else ----------------------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        top = self.stack.top
        if isinstance(block, ListBlock):
            self.list(block, top)
        elif isinstance(block, Fence):
            self.fence(block, top)
        elif isinstance(block, Quote):
            self.quote(block)
        elif isinstance(block, Table):
            self.boxes.table(block, top)
            if top.kind == "timeline" and self._owner() is None:
                self.items.timeline_table(block)

    def list(self, block: ListBlock, top: Section) -> None:
        if self.boxes.take(block, top):
            self._name_boxes(top)
        for fence in _fences(block):
            self.code(fence, top)
        owner = top.step or top.phase
        if top.kind == "rollback":
            self._rollback_texts(block, top)
        elif owner is None:
            self.items.take(block, top)
        else:
            directly_below = block.line == top.line + 1
            self.items.owned(block, owner, top, labelled=top.open or directly_below)

    def _name_boxes(self, top: Section) -> None:
        """The label before some boxes is said: every criterion carries it as its section."""
        if top.level % 10 == LABEL:
            self.claimed.add(top.line)

    def _rollback_texts(self, block: ListBlock, top: Section) -> None:
        items = [item for item in block.items if item.box is None]
        if items:
            self.rollback(top).texts.extend(full_text(item) for item in items)
        for item in items:
            claim_texts(item, self.claimed)

    def fence(self, block: Fence, top: Section) -> None:
        self.boxes.fence(block)
        self.code(block, top)

    def code(self, block: Fence, top: Section) -> None:
        """What a code block tells beside its boxes: commands of a shell."""
        self._ask_about_phases(block)
        if not commands.is_shell(block):
            return
        role = commands.label_role(top.label.name if top.label else None)
        owner = top.step or top.phase
        if owner is None and top.kind not in ("before", "rollback"):
            return
        found, lines = commands.read(block, role)
        if not found:
            return
        self.claimed.update(lines, (block.line, block.end))
        if top.label is not None and owner is not None:
            self.claimed.add(top.label.line)
            owner.labels.setdefault(top.label.name, top.label.line)
        if top.kind == "rollback":
            self.rollback(top).commands.extend(found)
        elif owner is None:
            self.document.pre_execution.extend(found)
        elif isinstance(owner, Phase):
            owner.commands.extend(found)
        elif top.operation:
            owner.operation_commands.extend(found)
        else:
            (owner.test_commands if role == "test" else owner.commands).extend(found)

    def _ask_about_phases(self, block: Fence) -> None:
        """Phases drawn as a tree inside code are shown to the person, not taken."""
        if block.language in DRAWINGS and (numbers := names.drawn(block.content) - set(self.names.phases)):
            told = ", ".join(sorted(numbers))
            why = f"a code block names phases ({told}); they are read from headings and bold lines only"
            self.document.unsure.append(Unsure(block.line, block.content.strip().split("\n")[0], why))

    def rollback(self, top: Section) -> Rollback:
        """The rollback of the step, phase or plan that a section belongs to."""
        owner: Step | Phase | PlanDocument = top.step or top.phase or self.document
        if owner.rollback is None:
            owner.rollback = Rollback(top.line)
        return owner.rollback

    def quote(self, block: Quote) -> None:
        for inner in block.blocks:
            if isinstance(inner, Paragraph) and self._owner() is None:
                for line in inner.lines:
                    label = inline.label(line)
                    if label is not None and label.colon and label.text:
                        add_text(self.document.quote_fields, label.name, line.number, label.text, inline=True)
                        self.claimed.add(line.number)
            elif isinstance(inner, ListBlock):
                self.boxes.take(inner, self.stack.top)
            elif isinstance(inner, Fence):
                self.boxes.fence(inner)
            elif isinstance(inner, Table):
                self.boxes.table(inner, self.stack.top)
            elif isinstance(inner, Quote):
                self.quote(inner)


def _fences(block: ListBlock) -> Iterator[Fence]:
    for item in block.items:
        for inner in item.blocks:
            if isinstance(inner, Fence):
                yield inner
            elif isinstance(inner, ListBlock):
                yield from _fences(inner)
