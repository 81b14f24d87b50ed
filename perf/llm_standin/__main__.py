"""`python -m perf.llm_standin`: runs the command."""

from perf.llm_standin.command import llm_standin

llm_standin()
