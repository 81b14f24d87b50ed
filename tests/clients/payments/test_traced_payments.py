"""What Stripe is asked is part of the trace of whoever asks, and Stripe is told which."""

from spans.part import Kind, Part
from spans.recording import Recording
from spans.trace import Trace
from spans.tracer import traced
from tests.clients.payments.providers import asking, charge
from tests.fixtures.outside.stripe import StripeServer
from tests.fixtures.outside.stripe_objects.tokens import VISA

JOB = Part(Kind.JOB, "finish_payments")


def test_each_request_is_a_span_that_is_sent_to_stripe(stripe_server: StripeServer) -> None:
    recording = Recording(JOB, 0.0)
    trace = Trace(JOB, recording=recording)
    asking(stripe_server.url, lambda provider: traced(trace, provider.charge(charge(VISA))))
    spans = [one for one in recording.spans if one.part.kind is Kind.PAYMENTS]
    assert [(one.part.name, one.parent) for one in spans] == [("stripe", recording.root)] * 2
    assert [one.traceparent for one in stripe_server.requested] == [
        f"00-{recording.id_text}-{one.span_id:016x}-01" for one in spans
    ]


def test_where_nothing_is_recorded_nothing_is_sent_to_stripe(stripe_server: StripeServer) -> None:
    asking(stripe_server.url, lambda provider: provider.charge(charge(VISA)))
    assert [one.traceparent for one in stripe_server.requested] == [None, None]
