"""Lists the benches, each with its question, or runs one: `python -m bench [NAME [ARGUMENTS]]`."""

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def questions() -> dict[str, str]:
    """Every bench by name. A file here whose first line asks something is one; the others serve them."""
    found = {}
    for file in sorted(HERE.glob("*.py")):
        first = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]
        if first.endswith("?"):
            found[file.stem] = first
    return found


def main() -> int:
    """Run the bench that was named; without a name, list them."""
    known = questions()
    if len(sys.argv) > 1 and sys.argv[1] in known:
        name = sys.argv.pop(1)
        runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
        return 0
    print("python -m bench NAME [ARGUMENTS]\n")
    for name, question in known.items():
        print(f"  {name:<20} {question}")
    return 0 if len(sys.argv) == 1 or sys.argv[1] in ("-h", "--help") else 2


if __name__ == "__main__":
    sys.exit(main())
