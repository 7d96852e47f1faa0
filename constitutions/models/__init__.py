"""Tables of constitutions, where each principle came from, and comparisons."""

from .comparisons import Baseline, BaselineItem, Comparison, ComparisonMatch
from .constitutions import Constitution, Lineage, Principle, PrincipleEdit, Version

__all__ = [
    "Baseline",
    "BaselineItem",
    "Comparison",
    "ComparisonMatch",
    "Constitution",
    "Lineage",
    "Principle",
    "PrincipleEdit",
    "Version",
]
