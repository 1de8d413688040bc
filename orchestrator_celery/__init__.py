"""Durable, steerable, visible workflows on top of Celery: add `Orchestrator(app)` to a project.

`__init__.pyi` lists the public names. Each module is loaded when one of its names is first used, so that importing the
package stays cheap.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
