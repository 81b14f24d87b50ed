"""What people think of replies."""

from db.personal.vocabulary import (
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

FEEDBACK = (
    ClassifiedTable(
        "chat_message_feedback",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.CONTENT, "comment", author=Author.CALLER),
            *columns(Category.USAGE, "message_id rating created_at"),
        ),
    ),
    ClassifiedTable(
        "model_daily_feedback",
        Untouched("Sums over everybody, which show no person."),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, "day shard up down"),
            *columns(Category.NOT_PERSONAL, "model", author=Author.OPERATOR),
        ),
    ),
)
