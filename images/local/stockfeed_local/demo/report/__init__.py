"""The demo's HTML report: the result of the check, the market data, and the run."""

from stockfeed_local.demo.report.data import Candle, ReportData, Sample, Tile
from stockfeed_local.demo.report.page import render

__all__ = ["Candle", "ReportData", "Sample", "Tile", "render"]
