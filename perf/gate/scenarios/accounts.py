"""How each document of subscriptions, privacy requests and companies is asked."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from gql.documents.budgets.variants import COMPANY, OPS, PERSON
from perf.gate.data.callers import (
    CallerGroup,
    anonymous,
    company,
    debtor,
    guidance_company,
    operator,
    payer,
    plan_changer,
    reader,
    writer,
)
from perf.gate.data.restore import restore_credentials, restore_subscription
from perf.gate.execution.in_process import NOW
from perf.gate.scenarios.scenario import (
    Prepare,
    Scenario,
    ScenarioContext,
    Variables,
    key,
    own_document,
    with_key,
)
from services.callers.principal import Principal


async def _with_new_request(context: ScenarioContext) -> Variables:
    viewer = await context.data("PrivacyRequests", first=5)
    for edge in viewer["privacyRequests"]["edges"]:
        if edge["node"]["status"] == "REQUESTED":
            await context.data(
                "CancelPrivacyRequest", input={"privacyRequestId": edge["node"]["id"]}
            )
    return await with_key(context)


def _paying(
    who: Callable[[CallerGroup], Principal],
) -> Prepare:
    async def paying(context: ScenarioContext) -> Variables:
        await restore_subscription(context.runner, who(context.callers))
        how = {"planCode": "basic-entry", "paymentMethodToken": "pm_card_ok"}
        return {"input": how | key()}

    return paying


def _moving(comparing: Prepare) -> Prepare:
    async def moving(context: ScenarioContext) -> Variables:
        return await _confirming(context, await comparing(context))

    return moving


async def _confirming(context: ScenarioContext, plan: Variables) -> Variables:
    card = {"input": {"paymentMethodToken": "pm_card_ok"} | key()}
    person = plan_changer(context.callers)
    await context.read(own_document("UpdatePaymentMethod"), person, card)
    viewer = await context.read(own_document("PlanChangePreview"), person, plan)
    due = viewer["planChangePreview"]["preview"]["amountDueCents"]
    return {"input": plan | {"expectedAmountDueCents": due} | key()}


async def _ending(context: ScenarioContext) -> Variables:
    person = plan_changer(context.callers)
    await restore_subscription(context.runner, person, next_plan_code="basic-entry")
    return await with_key(context)


async def _giving_a_card(context: ScenarioContext) -> Variables:
    await restore_subscription(context.runner, plan_changer(context.callers))
    return {"input": {"paymentMethodToken": "pm_card_ok"} | key()}


async def _leaving_for_the_portal(context: ScenarioContext) -> Variables:
    await restore_subscription(context.runner, plan_changer(context.callers))
    return {"input": {"returnUrl": "https://example.com/account"}}


async def _comparing_plans(context: ScenarioContext) -> Variables:
    """To a dearer plan: the difference is paid, and more is done than for a cheaper one."""
    await restore_subscription(context.runner, plan_changer(context.callers), "basic-entry")
    return {"planCode": "premium-unlimited"}


async def _comparing_with_cheaper(context: ScenarioContext) -> Variables:
    """To a cheaper plan: nothing is paid, and it begins with the next period."""
    await restore_subscription(context.runner, plan_changer(context.callers))
    return {"planCode": "basic-entry"}


async def _ending_of_one_plan(context: ScenarioContext) -> Variables:
    await restore_subscription(context.runner, plan_changer(context.callers))
    return await with_key(context)


async def _cancelled(context: ScenarioContext) -> Variables:
    ending = await _ending_of_one_plan(context)
    person = plan_changer(context.callers)
    await context.read(own_document("CancelSubscription"), person, ending)
    return await with_key(context)


async def _cancelling(context: ScenarioContext) -> Variables:
    payload = await context.data("RequestPrivacyDelete", **await _with_new_request(context))
    return {"input": {"privacyRequestId": payload["privacyRequest"]["id"]}}


async def _days(context: ScenarioContext) -> Variables:
    today = NOW.date()
    return {"from": str(today - timedelta(days=context.callers.rows - 1)), "to": str(today)}


async def _guidance(_asking: ScenarioContext) -> Variables:
    question = {"situation": "The support team falls behind.", "objective": "Answer in a day."}
    return {"input": question | key()}


async def _with_room(context: ScenarioContext) -> Variables:
    await restore_credentials(context.runner, writer(context.callers))
    return await with_key(context)


async def _with_credential(context: ScenarioContext) -> Variables:
    made = await context.data("CreateApiCredential", **await _with_room(context))
    return {"input": {"credentialId": made["credential"]["id"]}}


ACCOUNTS: Mapping[str, Scenario] = {
    "ApiCredentials": Scenario(reader),
    "BillingPortal": Scenario(plan_changer, _leaving_for_the_portal),
    "CancelPrivacyRequest": Scenario(writer, _cancelling),
    "CancelSubscription": Scenario(
        plan_changer, _ending, flows={"without a next plan": _ending_of_one_plan}
    ),
    "ChangePlan": Scenario(
        plan_changer,
        _moving(_comparing_plans),
        flows={"to a cheaper plan": _moving(_comparing_with_cheaper)},
    ),
    "Checkout": Scenario(payer, _paying(payer)),
    "CreateApiCredential": Scenario(writer, _with_room),
    "CurrentSubscription": Scenario(reader),
    "EnterpriseDailyUsage": Scenario(company, _days, also=(PERSON, OPS)),
    "EnterpriseInvoices": Scenario(reader, also=(COMPANY,)),
    "EnterpriseModelUsage": Scenario(reader, _days, also=(COMPANY,)),
    "EnterpriseUsage": Scenario(company, also=(PERSON, OPS)),
    "GenerateGuidance": Scenario(guidance_company, _guidance),
    "Invoices": Scenario(reader),
    "ModelFeedback": Scenario(operator, _days),
    "ModelUsage": Scenario(reader, _days),
    "PlanChangePreview": Scenario(
        plan_changer, _comparing_plans, flows={"to a cheaper plan": _comparing_with_cheaper}
    ),
    "Plans": Scenario(anonymous),
    "PrivacyExportStatus": Scenario(reader),
    "PrivacyRequests": Scenario(reader),
    "Quota": Scenario(reader),
    "RequestPrivacyDelete": Scenario(writer, _with_new_request),
    "RequestPrivacyExport": Scenario(writer, _with_new_request),
    "ResumeSubscription": Scenario(
        plan_changer, _ending, flows={"after a cancellation": _cancelled}
    ),
    "RetryPayment": Scenario(debtor, _paying(debtor)),
    "RevokeApiCredential": Scenario(writer, _with_credential),
    "RotateApiCredential": Scenario(writer, _with_credential),
    "SubscriptionChanged": Scenario(reader),
    "UpdatePaymentMethod": Scenario(plan_changer, _giving_a_card),
}
