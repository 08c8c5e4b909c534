"""The call button on a page, as a visitor finds it."""

from playwright.sync_api import expect


def launcher(page, name="Call Us"):
    return page.get_by_role("button", name=name)


def call(page):
    launcher(page).click()
    return page.get_by_role("dialog", name="Call Us")


def talking(panel, agent):
    expect(panel.locator(".title")).to_have_text(f"Talking with {agent}")
    return panel
