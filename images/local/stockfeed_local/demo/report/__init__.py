"""The demo's report: one page that shows what was proven, the market and the run."""

from stockfeed_local.demo.report.data import Candle, ReportData, Sample, Tile
from stockfeed_local.demo.report.page import render

__all__ = ["Candle", "ReportData", "Sample", "Tile", "render"]
