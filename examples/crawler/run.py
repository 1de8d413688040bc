"""Find all modules that a module of the standard library imports: `python run.py [module]`."""

import sys

from tasks import read

from orchestrator_celery import Swarm

start = sys.argv[1] if len(sys.argv) > 1 else "json"

swarm = Swarm([read.s(start)], name=f"imports of {start}", max_concurrency=8, open=True)
run = swarm.apply_async()
# No item knows whether it is the last, so the swarm ends when no item is left that could add another.
swarm.close_when_drained()

modules = [module for module in run.get() if module is not None]
for name, lines, imported in sorted(modules, key=lambda module: -module[1])[:5]:
    print(f"{lines:6,} lines  {name}, which imports {len(imported)}")
print(f"{start} is built on {len(modules) - 1} modules, {sum(lines for _, lines, _ in modules):,} lines in all")
