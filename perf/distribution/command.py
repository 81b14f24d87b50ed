"""`guidance db check-distribution`: whether people's rows could be on many machines."""

import click

from perf.distribution.checking import citus_problems, statement_problems, table_problems
from perf.distribution.statements import all_statements


@click.command("check-distribution")
def check_distribution() -> None:
    """Prove that every statement names whose rows it is about.

    And that keys, locks and changes stay within one shard, as Citus asks for. Needs no database.
    Exits with 1 and a sentence for whatever does not.
    """
    statements = all_statements()
    problems = [*statement_problems(statements), *citus_problems(statements), *table_problems()]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise click.ClickException(f"{len(problems)} things could not be distributed")
    click.echo(f"{len(statements)} statements name whose rows they are about, or say why not")
