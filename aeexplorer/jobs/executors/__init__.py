"""Executors, which start workers. Each public module defines one."""
