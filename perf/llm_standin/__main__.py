"""`python -m perf.llm_standin`: the command, for those who start it as a process of theirs."""

from perf.llm_standin.command import llm_standin

llm_standin()
