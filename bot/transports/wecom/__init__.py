"""WeCom (企业微信) over HTTP: callbacks of smart bots and self-built apps, group webhooks, messages of an app."""
