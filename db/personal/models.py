"""What the models took for people and for companies."""

from db.personal.vocabulary import (
    BY_COMPANY,
    BY_PERSON,
    EVERYWHERE,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    OwnerPath,
    Untouched,
    columns,
)

_PRICE = "What the service pays its providers."
_TOKENS = "prompt_tokens cached_tokens completion_tokens reasoning_tokens"
_PART = f"reply_id part_number start_offset {_TOKENS}"
_SUM = f"usage_date calls unreported_calls {_TOKENS}"
_OF_COMPANIES = Untouched("A company's, and no person's.")

MODEL_USE = (
    ClassifiedTable(
        "generation_parts",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.USAGE, _PART),
            *columns(Category.USAGE, "model", author=Author.OPERATOR),
            *columns(Category.TECHNICAL, "cost_micros", withheld=_PRICE),
            *columns(Category.TECHNICAL, "currency", withheld=_PRICE, author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "model_daily_usages",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.USAGE, _SUM),
            *columns(Category.USAGE, "model", author=Author.OPERATOR),
            *columns(Category.TECHNICAL, "cost_micros", withheld=_PRICE),
            *columns(Category.TECHNICAL, "currency", withheld=_PRICE, author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "enterprise_generation_parts",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(Category.NOT_PERSONAL, f"enterprise_account_id {_PART} cost_micros"),
            *columns(Category.NOT_PERSONAL, "model currency", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "enterprise_model_daily_usages",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(Category.NOT_PERSONAL, f"enterprise_account_id {_SUM} cost_micros"),
            *columns(Category.NOT_PERSONAL, "model currency", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "model_daily_totals",
        Untouched("Sums over everybody, which show no person."),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, f"shard {_SUM} cost_micros"),
            *columns(Category.NOT_PERSONAL, "model currency", author=Author.OPERATOR),
        ),
    ),
)
