"""Settings of a process, from the environment (`DAKA_…`). Secrets have no default outside a simulation."""

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between installations. What differs between dates is policy, not a setting."""

    model_config = SettingsConfigDict(env_prefix="DAKA_", env_file=None, extra="ignore")

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    var: Path = Path("var")
    public_url: str = "http://127.0.0.1:8000"
    evidence_url: str = ""
    cache: Path | None = None
    # An ArcFace-type ONNX file to recognise faces with instead of the default network.
    face_model_file: Path | None = None

    # 32 random bytes each, base64. Empty: made once and kept under var/keys (one machine only).
    data_keys: SecretStr = SecretStr("")

    upstream_url: str = ""
    upstream_token: SecretStr = SecretStr("")
    # Where projects are published: `national=https://…,provincial=https://…,government=https://…`.
    platform_urls: str = ""
    platform_token: SecretStr = SecretStr("")
    # The gateway to 学信网, the title register and social insurance.
    register_url: str = ""
    register_token: SecretStr = SecretStr("")
    sms_provider: str = "gateway"
    sms_url: str = ""
    sms_token: SecretStr = SecretStr("")
    # For a vendor: its access key id, its application, and our template names with the codes they were
    # approved under (JSON). The key's secret is `sms_token`.
    sms_key_id: str = ""
    sms_app_id: str = ""
    sms_templates: dict[str, str] = Field(default_factory=dict)
    sms_callback_token: SecretStr = SecretStr("")
    sms_signature: str = "深圳市住房和建设局"
    wechat_url: str = "https://api.weixin.qq.com"
    wechat_app_id: str = ""
    wechat_secret: SecretStr = SecretStr("")
    # The bureau's signing certificate (PKCS#12). None: a self-made one, good for demonstrations only.
    seal_file: Path | None = None
    seal_password: SecretStr = SecretStr("")
    geocoder: str = "offline"
    geocoder_key: SecretStr = SecretStr("")
    tile_url: str = ""

    bureau_name: str = "深圳市住房和建设局"
    help_phone: str = "0755-83788725"
    licensing_authority: str = "深圳市住房和建设局"

    # Stand-ins, self-made keys and seals, plain HTTP: only `daka serve` and `daka simulate` turn this on.
    demo: bool = False
    # A file that holds the offset of a simulated clock. Only `daka simulate` and the demo set it.
    simulation_clock: Path | None = None
    secure_cookies: bool = True
    worker_threads: int = 2

    @property
    def evidence(self) -> str:
        """Where files go: a bucket by URL, or a folder under `var`."""
        return self.evidence_url or str(self.var / "evidence")

    @property
    def cache_folder(self) -> Path:
        """Where converted models are kept."""
        return self.cache or self.var / "cache"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
