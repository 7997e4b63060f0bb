"""Grafana's dashboards as code, a module each; `python -m deploy.dashboards` writes them as Grafana reads them."""
