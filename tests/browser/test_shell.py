"""The frame of every page: signing in and out, themes, error pages."""

import pytest
from playwright.async_api import expect

from tests.support.browser import PHONE, WIDE, sideways, violations, violations_in_both_themes
from tests.support.site import PASSWORD, Person, Site


async def test_a_page_without_a_session_leads_to_the_form_and_back(site: Site, ada: Person) -> None:
    async with site.stranger() as stranger:
        page = await stranger.open("/scans?status=DONE")
        await expect(page).to_have_title("Sign in · Mailtally")
        await page.get_by_label("User name").fill(ada.name)
        await page.get_by_label("Password", exact=True).fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page).to_have_title("Error: Sign in · Mailtally")
        await expect(page.get_by_role("alert")).to_contain_text("Wrong user name or password.")
        await expect(page.get_by_role("alert")).to_be_focused()
        assert await page.get_by_label("User name").input_value() == ada.name
        assert await page.get_by_label("Password", exact=True).input_value() == ""
        stranger.faults.clear()  # the browser's own word about the status 422
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/scans?status=DONE")


async def test_a_link_signs_in_once(site: Site, ada: Person) -> None:
    operator = site.api.client("operator", admin=True)
    made = (await operator.post(f"/v1/admin/users/{ada.name}/links")).raise_for_status().json()
    assert made["expires_in"] == 900
    async with site.stranger() as stranger:
        page = await stranger.open(made["path"])
        await page.reload()
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Connect your first mailbox")).to_be_visible()
    async with site.stranger() as stranger:
        stranger.allowed.append("422")
        page = await stranger.open(made["path"])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("This link has been used")


async def test_only_administrators_make_links(ada: Person) -> None:
    assert (await ada.client.post(f"/v1/admin/users/{ada.name}/links")).status_code == 403


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_the_way_back_never_leaves_the_site(site: Site, ada: Person, way: str) -> None:
    page = await ada.visitor.open(f"/sign-in?next={way}")
    assert page.url == f"{site.api.url}/"


async def test_a_theme_is_chosen_without_a_reload_and_kept(ada: Person) -> None:
    page = await ada.visitor.open()
    await page.get_by_label("Theme").click()
    await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_css("background-color", "rgb(15, 18, 24)")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_signing_out_ends_the_session(ada: Person) -> None:
    page = await ada.visitor.open()
    await page.get_by_label("your account").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await page.goto("/")
    await page.wait_for_url("**/sign-in")


async def test_an_unknown_page_says_so_in_a_page(ada: Person) -> None:
    ada.visitor.allowed.append("404")
    page = await ada.visitor.open("/no/such/page")
    await expect(page.get_by_text("This page does not exist, or you have no access to it.")).to_be_visible()
    assert await violations(page) == []


@pytest.mark.parametrize("size", [PHONE, WIDE])
async def test_the_form_to_sign_in_is_accessible(site: Site, size: tuple[int, int]) -> None:
    async with site.stranger() as stranger:
        page = await stranger.open("/sign-in", size=size)
        assert await violations_in_both_themes(page) == []
        assert await sideways(page) <= 0
