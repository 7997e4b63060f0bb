"""Monitoring as code: dashboards for Grafana, one module each, and alert rules for Kubernetes."""
