"""Comparison that is fair: tables of results, what space and time contribute, figures, and the runs behind them."""
