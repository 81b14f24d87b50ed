"""The sandbox's charges and refunds: decided by the token, and remembered by their key."""

from datetime import UTC, datetime
from hashlib import sha256
from sqlite3 import Connection, Row

from clients.payments.minimum import AMOUNT_TOO_SMALL, least_charge_cents
from clients.payments.provider import PaymentProviderRefused
from clients.payments.records import (
    Charge,
    ChargeResult,
    ChargeState,
    Owner,
    OwnerKind,
    PaymentEvent,
    Refund,
    RefundEvent,
    RefundResult,
    RefundState,
)
from clients.payments.sandbox import tokens
from clients.payments.stripe.intents import (
    AUTHENTICATION_REQUIRED,
    CARD_DECLINED,
    INVALID_PAYMENT_METHOD,
    declined,
)

_FINAL = {ChargeState.SUCCEEDED, ChargeState.DECLINED}


def decide(charge: Charge) -> ChargeResult:
    """What becomes of a charge that was not made before."""
    digest = sha256(charge.idempotency_key.encode()).hexdigest()
    reference, secret = f"sandbox_{digest[:24]}", f"sandbox_{digest[:24]}_secret_{digest[24:48]}"
    if charge.amount_cents < least_charge_cents(charge.currency):
        return declined(reference, AMOUNT_TOO_SMALL)
    token = tokens.token_of(charge.payment_method_token, charge.customer)
    is_alone = charge.is_off_session
    if tokens.needs_action(token, is_off_session=is_alone):
        if not charge.allows_action:
            return declined(reference, AUTHENTICATION_REQUIRED)
        return ChargeResult(ChargeState.REQUIRES_ACTION, reference, client_secret=secret)
    if tokens.is_taken(token, is_off_session=is_alone):
        method = charge.customer and tokens.stored(token, charge.customer)
        return ChargeResult(ChargeState.SUCCEEDED, reference, payment_method=method)
    return declined(reference, CARD_DECLINED if tokens.is_known(token) else INVALID_PAYMENT_METHOD)


def result_of(row: Row) -> ChargeResult:
    """The result that is remembered of a charge."""
    state = ChargeState(row["state"])
    waits = state is ChargeState.REQUIRES_ACTION
    return ChargeResult(
        state,
        row["reference"],
        row["reason"],
        client_secret=row["client_secret"] if waits else None,
        payment_method=row["payment_method"] if state is ChargeState.SUCCEEDED else None,
    )


def found(connection: Connection, key: str) -> ChargeResult | None:
    """What is remembered under a charge's key."""
    row = connection.execute("SELECT * FROM charges WHERE key = ?", (key,)).fetchone()
    return None if row is None else result_of(row)


def remember(
    connection: Connection, charge: Charge, result: ChargeResult, now: datetime
) -> ChargeResult:
    """Store what became of a charge that is not remembered yet."""
    secret = result.client_secret or f"{result.reference}_secret"
    token = tokens.token_of(charge.payment_method_token, charge.customer)
    connection.execute(
        "INSERT INTO charges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            charge.idempotency_key,
            result.reference,
            charge.payment_id,
            charge.owner and charge.owner.key,
            charge.amount_cents,
            charge.currency,
            result.state.value,
            result.decline_reason,
            secret,
            charge.customer and tokens.stored(token, charge.customer),
            now.timestamp(),
        ),
    )
    return result


def rule_out(connection: Connection, charge: Charge, now: datetime) -> ChargeResult:
    """Remember that a charge was never made, so that it never will be."""
    reference = decide(charge).reference
    return remember(connection, charge, ChargeResult(ChargeState.NOT_MADE, reference), now)


def give_up(connection: Connection, charge: Charge, result: ChargeResult) -> ChargeResult:
    """Cancel a charge, unless it has come to an end."""
    if result.state in _FINAL:
        return result
    state = ChargeState.NOT_MADE
    connection.execute(
        "UPDATE charges SET state = ? WHERE key = ?", (state.value, charge.idempotency_key)
    )
    return ChargeResult(state, result.reference)


def complete_action(connection: Connection, client_secret: str) -> bool:
    """The person confirms at the bank; False if no charge waits for this secret."""
    changed = connection.execute(
        "UPDATE charges SET state = ? WHERE client_secret = ? AND state = ?",
        (ChargeState.SUCCEEDED.value, client_secret, ChargeState.REQUIRES_ACTION.value),
    )
    return changed.rowcount == 1


def refund(connection: Connection, refund_: Refund, now: datetime) -> RefundResult:
    """Give money back once for each key; raises `PaymentProviderRefused`."""
    before = connection.execute(
        "SELECT reference FROM refunds WHERE key = ?", (refund_.idempotency_key,)
    ).fetchone()
    if before is not None:
        return RefundResult(RefundState.SUCCEEDED, before["reference"])
    charge = connection.execute(
        "SELECT amount_cents FROM charges WHERE reference = ? AND state = ?",
        (refund_.charge_reference, ChargeState.SUCCEEDED.value),
    ).fetchone()
    (given,) = connection.execute(
        "SELECT coalesce(sum(amount_cents), 0) FROM refunds WHERE charge_reference = ?",
        (refund_.charge_reference,),
    ).fetchone()
    if charge is None or given + refund_.amount_cents > charge["amount_cents"]:
        raise PaymentProviderRefused("the sandbox has not taken that much")
    reference = f"sandbox_re_{sha256(refund_.idempotency_key.encode()).hexdigest()[:24]}"
    connection.execute(
        "INSERT INTO refunds VALUES (?, ?, ?, ?, ?)",
        (
            refund_.idempotency_key,
            reference,
            refund_.charge_reference,
            refund_.amount_cents,
            now.timestamp(),
        ),
    )
    return RefundResult(RefundState.SUCCEEDED, reference)


def events_since(connection: Connection, instant: datetime) -> tuple[PaymentEvent, ...]:
    """What became of each charge that was begun since an instant, oldest first."""
    rows = connection.execute(
        "SELECT * FROM charges WHERE created_at >= ? ORDER BY created_at, key",
        (instant.timestamp(),),
    )
    return tuple(_event(row) for row in rows)


def refunds_since(connection: Connection, instant: datetime) -> tuple[RefundEvent, ...]:
    """Each refund that was made since an instant, oldest first."""
    rows = connection.execute(
        "SELECT * FROM refunds WHERE created_at >= ? ORDER BY created_at, key",
        (instant.timestamp(),),
    )
    return tuple(
        RefundEvent(
            row["key"],
            row["charge_reference"],
            row["amount_cents"],
            RefundResult(RefundState.SUCCEEDED, row["reference"]),
        )
        for row in rows
    )


def _event(row: Row) -> PaymentEvent:
    result = result_of(row)
    kind, _, number = (row["owner"] or "").partition(":")
    return PaymentEvent(
        f"{row['reference']}:{result.state.value}",
        datetime.fromtimestamp(row["created_at"], UTC),
        row["payment_id"],
        row["key"],
        result,
        Owner(OwnerKind(kind), int(number)) if number else None,
    )
