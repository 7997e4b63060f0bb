"""The table of `./run coverage`: sums by package, and of everything."""

from tools.coverage_report import as_lines, by_package


def summary(statements: int, covered: int, branches: int = 0, covered_branches: int = 0) -> dict[str, dict[str, int]]:
    return {
        "summary": {
            "num_statements": statements,
            "covered_lines": covered,
            "num_branches": branches,
            "covered_branches": covered_branches,
        }
    }


def test_files_are_summed_by_their_folder() -> None:
    files = {
        "shared/net/hosts.py": summary(10, 5, 10, 10),
        "shared/net/network.py": summary(20, 15),
        "shared/mongo.py": summary(0, 0),
    }
    assert list(as_lines(by_package(files))) == [
        "shared      100.0%       0 of      0",
        "shared/net   75.0%      30 of     40",
        "all          75.0%      30 of     40",
    ]
