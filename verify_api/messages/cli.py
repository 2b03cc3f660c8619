"""`daka sms templates|length`: what to register with a vendor, and what a text costs."""

import json
import re

import click

from verify_api.messages.outbox import BUREAU
from verify_api.messages.rules import TextTooLong, length, segments
from verify_api.messages.templates import TEMPLATES, Template


@click.group()
def sms() -> None:
    """短信."""


@sms.command()
@click.option(
    "--vendor", type=click.Choice(["gateway", "aliyun", "tencent"]), default="gateway", show_default=True
)
def templates(vendor: str) -> None:
    """每种短信的模板，按服务商的变量写法，供申请模板时使用（DAKA_SMS_TEMPLATES 的键为 name）."""
    for template in TEMPLATES.values():
        line = {
            "name": template.name,
            "type": "验证码" if template.is_code else "通知",
            "text": for_vendor(template, vendor),
            "variables": list(template.variables),
        }
        click.echo(json.dumps(line, ensure_ascii=False))


@sms.command("length")
@click.argument("text")
@click.option("--signature", default=BUREAU.signature, show_default=True)
@click.pass_context
def count(ctx: click.Context, text: str, signature: str) -> None:
    """一条短信连同签名的字数和计费条数；超过500字退出码为3."""
    whole = f"【{signature}】{text}"
    try:
        parts: int | None = segments(whole)
    except TextTooLong:
        parts = None
    click.echo(json.dumps({"length": length(whole), "segments": parts}))
    if parts is None:
        ctx.exit(3)


def for_vendor(template: Template, vendor: str) -> str:
    """The text with variables as the vendor writes them: `${name}`, or `{1}` in order of appearance."""
    if vendor == "gateway":
        return template.text
    if vendor == "aliyun":
        return re.sub(r"{(\w+)}", r"${\1}", template.text)
    place = {name: str(n) for n, name in enumerate(template.variables, 1)}
    return re.sub(r"{(\w+)}", lambda found: f"{{{place[found[1]]}}}", template.text)
