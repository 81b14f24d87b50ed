"""Which flows are sent to a server, and why the others are skipped."""

from collections.abc import Mapping

from perf.load.workload.flows import Caller, Flow
from perf.servers.seeded import ServerUnderTest


def select_flows(flows: Mapping[str, Flow], target: ServerUnderTest) -> Mapping[str, Flow]:
    """The flows that the target's callers can send, without writes where none are allowed."""
    return {name: flow for name, flow in flows.items() if reason_to_skip(flow, target) is None}


def left_out(flows: Mapping[str, Flow], target: ServerUnderTest) -> dict[str, str]:
    """The skipped flows, each with the reason."""
    reasons = {name: reason_to_skip(flow, target) for name, flow in flows.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def reason_to_skip(flow: Flow, target: ServerUnderTest) -> str | None:
    """Why a flow is not sent; None if it is."""
    people = target.credentials
    if flow.caller is Caller.COMPANY and people.api_key is None:
        return "it is a company's, and there is no --api-key"
    if flow.caller is Caller.LEAVER and not people.leavers:
        return "it erases its caller, which is never done to the owner of a --token"
    if flow.caller in {Caller.PERSON, Caller.SENDER} and not people.people:
        return "it is a person's, and there is no --token"
    if not flow.is_read and not target.takes_writes:
        return "it writes, and --writes is not given"
    return None
