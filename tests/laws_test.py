#!/usr/bin/env python3
"""Maps every law of the first milestone to the tests that name it, and fails on a gap.

A law counts as tested when a test file (a C++ *_test.cc, a script *_test.sh or *_test.py, or a
conformance case file) names its number, e.g. T06, in a test's name or comment. Ranges such as
"T36-T38" do not count: each number must stand for itself. Prints the map with --list.
"""

import pathlib
import re
import sys

LAWS = """
T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11 T12 T13 T14 T15 T16 T17 T18
T20 T23 T24 T25 T26 T27 T28 T29
T36 T37 T38
T40 T41 T42 T43 T44 T47
T51 T71 T74
T83 T84 T85 T87 T88
T95 T96 T97
""".split()

# T1 to T9 of the literature are not ours: two digits, not inside a word or a range.
NUMBER = re.compile(r"(?<![\w–-])T(\d\d)(?![\w–]|-T)")
# A C++ test file without a test proves nothing.
CPP_TEST = re.compile(r"^\s*(TEST|TEST_F|TEST_P|TYPED_TEST|INSTANTIATE_TEST_SUITE_P)\s*\(|^int main\(", re.M)


def test_files(tests):
    for pattern in ("**/*_test.cc", "**/*_test.sh", "**/*_test.py", "conformance/**/*.txt"):
        for path in sorted(tests.glob(pattern)):
            if path.resolve() != pathlib.Path(__file__).resolve():
                yield path


def is_built(path, tests):
    """Whether some CMakeLists.txt between the file and tests/ takes it in."""
    if path.suffix == ".txt":
        return any(path.name in other.read_text() for other in tests.glob("**/*_test.cc"))
    folder = path.parent
    lists = folder / "CMakeLists.txt"
    if not lists.exists():
        return False
    text = lists.read_text()
    return path.name in text or "segmentation_test(" in text or "*.cc" in text or "*_test.cc" in text


def main():
    tests = pathlib.Path(__file__).resolve().parent
    named = {law: [] for law in LAWS}
    unbuilt = []
    for path in test_files(tests):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".cc" and not CPP_TEST.search(text):
            continue
        if not is_built(path, tests):
            unbuilt.append(path.relative_to(tests))
            continue
        for number in sorted({f"T{digits}" for digits in NUMBER.findall(text)}):
            if number in named:
                named[number].append(str(path.relative_to(tests)))
    if "--list" in sys.argv[1:]:
        for law, files in named.items():
            print(f"{law}: {', '.join(files) or '-'}")
    gaps = [law for law, files in named.items() if not files]
    for path in unbuilt:
        print(f"tests/{path}: not part of any test program or CTest entry", file=sys.stderr)
    for law in gaps:
        print(f"{law}: no test names it", file=sys.stderr)
    if gaps or unbuilt:
        return 1
    print(f"{len(LAWS)} laws, each named by at least one test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
