"""Charts as SVG text, drawn from plain values. Knows no model, no request and no clock."""
