#!/usr/bin/env python3
"""Maps every law of the first milestone to the tests that name it, and fails on a gap.

A law counts as tested when a test file (a C++ *_test.cc, a script *_test.sh or *_test.py, or a
conformance case file) names its number, e.g. T06, in a test's name or comment. Ranges such as
"T36-T38" do not count: each number must stand for itself.

A law for random cases needs more: a C++ test that runs at least 1,000 of them under a seed it
prints, which it does and says by LawCases or ExpectLawCases of tests/support/law_cases.h. What
counts is the call in code, not in a comment, with its number of cases. Prints the map with --list.
"""

import pathlib
import re
import sys

LAWS = """
T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11 T12 T13 T14 T15 T16 T17 T18
T20 T23 T24 T25 T26 T27 T28 T29
T33 T36 T37 T38
T40 T41 T42 T43 T44 T47
T51 T71 T74
T83 T84 T85 T87 T88
T95 T96 T97
""".split()

# Marked [law] in the list of semantics.
RANDOM_LAWS = "T01 T25 T26 T27 T33 T43 T71 T85 T87".split()
FEWEST_CASES = 1_000
LAW_CASES = re.compile(
    r"\b(?:LawCases|ExpectLawCases)\(\s*\"([T\d ]+)\",\s*([\w']+),\s*(?:[\w.]+,\s*)?seed\s*\)")
SEED = re.compile(r"\bseed = (?:testing_support::)?TestSeed\(\)")

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


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def number_of(text, word):
    """The value of a number, or of a constant of the file; 0 if it is neither."""
    if not word[0].isdigit():
        constant = re.search(rf"\bconstexpr \w+ {re.escape(word)} = ([\d']+);", text)
        word = constant.group(1) if constant else "0"
    return int(word.replace("'", ""))


def random_cases(text):
    """(law, cases) of every declared run of random cases in a C++ test."""
    code = without_comments(text)
    if not SEED.search(code):
        return
    for laws, cases in LAW_CASES.findall(code):
        for law in laws.split():
            yield law, number_of(code, cases)


def main():
    tests = pathlib.Path(__file__).resolve().parent
    named = {law: [] for law in LAWS}
    cases = {law: 0 for law in RANDOM_LAWS}
    unbuilt = []
    for path in test_files(tests):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".cc" and not CPP_TEST.search(text):
            continue
        if not is_built(path, tests):
            unbuilt.append(path.relative_to(tests))
            continue
        if path.suffix == ".cc":
            for law, count in random_cases(text):
                cases[law] = max(cases.get(law, 0), count)
        for number in sorted({f"T{digits}" for digits in NUMBER.findall(text)}):
            if number in named:
                named[number].append(str(path.relative_to(tests)))
    if "--list" in sys.argv[1:]:
        for law, files in named.items():
            random = f" ({cases[law]} random cases)" if law in cases else ""
            print(f"{law}: {', '.join(files) or '-'}{random}")
    gaps = [law for law, files in named.items() if not files]
    for path in unbuilt:
        print(f"tests/{path}: not part of any test program or CTest entry", file=sys.stderr)
    for law in gaps:
        print(f"{law}: no test names it", file=sys.stderr)
    few = [law for law in RANDOM_LAWS if cases[law] < FEWEST_CASES]
    for law in few:
        print(f"{law}: {cases[law]} random cases, want {FEWEST_CASES:,} or more by LawCases",
              file=sys.stderr)
    if gaps or unbuilt or few:
        return 1
    print(f"{len(LAWS)} laws, each named by at least one test, {len(RANDOM_LAWS)} by random cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
