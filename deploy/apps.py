from django.apps import AppConfig


class DeployConfig(AppConfig):
    name = "deploy"

    def ready(self) -> None:
        # Whoever sends a message, also a web process, must use our broker.
        import deploy.celery  # noqa: F401 - its settings exist only now
