"""Operations running by their code: calls, awaits, steps back; subscriptions, answers in parts."""
