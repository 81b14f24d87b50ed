"""The style sheet of the page, for small and large screens, light and dark."""

LIGHT = {
    "page": "#ffffff",
    "text": "#16191d",
    "quiet": "#565d66",
    "rule": "#d4d8dd",
    "panel": "#f3f5f7",
    "baseline": "#7b8594",
    "current": "#2563eb",
    "limit": "#c81e1e",
    "bad": "#b91c1c",
    "good": "#04724d",
    "unknown": "#8f5300",
}
DARK = {
    "page": "#14171a",
    "text": "#e8eaed",
    "quiet": "#a5adb8",
    "rule": "#3a4048",
    "panel": "#1e2227",
    "baseline": "#8f99a8",
    "current": "#6ea8fe",
    "limit": "#ff7b72",
    "bad": "#ff8f87",
    "good": "#4fd1a1",
    "unknown": "#f0b35a",
}
LINES = {
    # Pairs of a colour for the light theme and one for the dark theme.
    "0": ("#2563eb", "#6ea8fe"),
    "1": ("#c2410c", "#fb923c"),
    "2": ("#04724d", "#4fd1a1"),
    "3": ("#7c3aed", "#b794f6"),
    "4": ("#be185d", "#f687b3"),
    "5": ("#0e7490", "#4fd1e8"),
}

_RULES = """
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem;
  color: var(--text); background: var(--page); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
p, ul { margin: .5rem 0; } ul { padding-left: 1.2rem; }
.verdict { padding: .6rem 1rem; border-left: .4rem solid currentColor; background: var(--panel);
  font-weight: 600; }
.bad { color: var(--bad); } .good { color: var(--good); } .unknown { color: var(--unknown); }
.quiet, .axis, .level { color: var(--quiet); font-size: .8rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: normal; }
td:first-child b { white-space: nowrap; }
figure { margin: 1.4rem 0; } figcaption { font-weight: 600; margin-bottom: .3rem; }
.row { display: grid; grid-template-columns: 13rem 1fr 11rem; gap: 0 1rem; align-items: center;
  padding: .35rem 0; border-bottom: 1px solid var(--rule); }
.row > :last-child { text-align: right; font-size: .85rem; }
.bars, .area { position: relative; } .bars { padding: 2px 0; }
.bar { height: .65rem; margin: 1px 0; min-width: 1px; position: relative; }
.bar.baseline, .key.baseline { background: var(--baseline); }
.bar.current, .key.current { background: var(--current); }
.whisker { position: absolute; top: 25%; height: 50%; border: 1px solid var(--text);
  border-width: 0 1px; background: linear-gradient(var(--text), var(--text)) center / 100% 1px
  no-repeat; }
.mark { position: absolute; top: 0; bottom: 0; border-left: 1px dotted var(--rule); }
.mark.limit { border-left: 2px solid var(--limit); z-index: 1; }
.axis { position: relative; height: 1.4rem; }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.axis .first { transform: none; } .axis .last { transform: translateX(-100%); }
.axis .limit { color: var(--limit); }
.plot { margin-left: 3.2rem; } .area { border-bottom: 1px solid var(--rule); }
.level { position: absolute; right: 100%; margin-right: .4rem; transform: translateY(-50%);
  white-space: nowrap; }
svg { display: block; width: 100%; height: 8rem; }
svg line, svg polyline { vector-effect: non-scaling-stroke; fill: none; }
svg .baseline { fill: var(--baseline); } svg .current { fill: var(--current); }
svg .zero { stroke: var(--text); } svg .grid { stroke: var(--rule); }
svg .limit { stroke: var(--limit); stroke-width: 2; }
svg polyline { stroke-width: 2; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem;
  font-size: .85rem; }
.key { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; }
@media (max-width: 40rem) {
  .row { grid-template-columns: 1fr; gap: .15rem 0; } .row > :last-child { text-align: left; }
  table, tbody, tr, td { display: block; } thead { display: none; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--rule); }
  td { border: 0; padding: .05rem 0; }
  td { overflow-wrap: anywhere; } td:first-child b { white-space: normal; }
  td::before { content: attr(data-label) " "; color: var(--quiet); }
}
"""


def style() -> str:
    """The style sheet."""
    return f"{_variables()}{_RULES}{_line_rules()}"


def _variables() -> str:
    light, dark = dict(LIGHT), dict(DARK)
    for number, (in_light, in_dark) in LINES.items():
        light[f"line-{number}"], dark[f"line-{number}"] = in_light, in_dark
    in_the_dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {_set(dark)} }} }}"
    return f":root {{ {_set(light)} }}\n{in_the_dark}"


def _set(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def _line_rules() -> str:
    return "\n".join(
        f"svg .line-{number} {{ stroke: var(--line-{number}); }} "
        f".key.line-{number} {{ background: var(--line-{number}); }}"
        for number in LINES
    )
