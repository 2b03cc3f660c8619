"""`python -m tools.rules`: docs/rules.md from tools/rules.yaml and the tests' own marks.

A test proves a rule if it carries `@pytest.mark.rule("SZ-30b")`, as a function or through its class, or is
named after it (`test_SZ_30b_…`). Tests are read, not run; `--check` writes nothing and fails if the table is
out of date.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tools" / "rules.yaml"
TABLE = ROOT / "docs" / "rules.md"
FAMILIES = {
    "T": "期限的计算（民法典第二百条至第二百零四条）",
    "SZ": "深圳：建筑业企业资质动态核查",
    "JL": "吉林：工程项目信息补录和数据等级",
    "JS": "江苏：业绩补录、勘误和数据等级升级",
    "GX": "广西：历史业绩补录",
    "MO": "住房城乡建设部：资质审批改革",
}
_NAMED = re.compile(r"^test_(T|SZ|JL|JS|GX|MO)_(\d+[a-d]?)_")
HEAD = """# Rules, clauses, code and tests

Made by `python -m tools.rules` from `tools/rules.yaml` and the marks of the tests; do not edit. Every rule
has at least one test named after it, or a test of this page fails.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the words it comes from and where it lives (`file` or `file:name`)."""

    id: str
    clause: str
    code: str

    @property
    def family(self) -> str:
        """The letters before the number."""
        return self.id.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Proof:
    """A test that names a rule."""

    path: str
    name: str


def rules() -> list[Rule]:
    """The rules in the order of the data file."""
    given = yaml.safe_load(DATA.read_text("utf-8"))
    return [Rule(name, one["clause"], one["code"]) for name, one in given.items()]


def proofs(folder: Path = ROOT / "tests") -> dict[str, list[Proof]]:
    """Tests by the rule they name, in the order of files."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        shown = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        for rule, node in _named(ast.parse(path.read_text("utf-8")).body, ()):
            found[rule].append(Proof(shown, node.name))
    return found


def _named(body: Sequence[ast.stmt], inherited: Sequence[str]) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _named(node.body, [*inherited, *_marks(node.decorator_list)])
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            by_name = _NAMED.match(node.name)
            names = [*inherited, *_marks(node.decorator_list)]
            names += [f"{by_name[1]}-{by_name[2]}"] if by_name else []
            yield from ((rule, node) for rule in dict.fromkeys(names))


def _marks(decorators: Sequence[ast.expr]) -> Iterator[str]:
    for one in decorators:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.rule":
            yield from (str(given.value) for given in one.args if isinstance(given, ast.Constant))


def where(rule: Rule) -> int | None:
    """Line of the code a rule names: 1 for a whole file, None if there is no such thing."""
    path, _, name = rule.code.partition(":")
    file = ROOT / path
    if not file.is_file():
        return None
    if not name:
        return 1
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno
    return None


def table() -> str:
    """The page."""
    proven = proofs()
    parts = [HEAD]
    for family, title in FAMILIES.items():
        mine = [rule for rule in rules() if rule.family == family]
        parts.append(f"\n## {family}: {title}\n\n| rule | clause | code | tests |\n|---|---|---|---|\n")
        parts += [_row(rule, proven.get(rule.id, [])) for rule in mine]
    return "".join(parts)


def _row(rule: Rule, found: Sequence[Proof]) -> str:
    tests = "<br>".join(f"[{_said(one)}](../{one.path})" for one in found) or "—"
    path, _, name = rule.code.partition(":")
    code = f"[`{path}`](../{path})" + (f" `{name}`" if name else "")
    return f"| {rule.id} | {rule.clause.replace('|', '/')} | {code} | {tests} |\n"


def _said(one: Proof) -> str:
    """The test's name as the sentence it is."""
    return _NAMED.sub("", one.name).removeprefix("test_").replace("_", " ")


def main(words: Sequence[str]) -> int:
    """Write the page, or say whether it is up to date."""
    page = table()
    if "--check" in words:
        return 0 if TABLE.is_file() and TABLE.read_text("utf-8") == page else 1
    TABLE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
