"""Connecting a mailbox on a real mail server, with every mistake on the way; renaming and removing one."""

from playwright.async_api import Browser, Page, expect

from tests.support.browser import violations
from tests.support.dovecot import HOST, PASSWORD, MailServer
from tests.support.mailing import a_user, mail_settings
from tests.support.scanning import a_message, a_stage
from tests.support.servers import TestDatabase, Vhost
from tests.support.site import Person, running_site


async def filled(page: Page, server: MailServer, user: str, password: str, host: str = HOST) -> None:
    """The form, filled in and sent by keyboard."""
    await page.get_by_label("Mail server", exact=True).fill(host)
    await page.get_by_label("User name").fill(user)
    await page.get_by_label("Password", exact=True).first.fill(password)
    more = page.locator("details.more")
    if not await more.get_attribute("open"):
        await more.locator("summary").click()
    await page.get_by_label("Port", exact=True).fill(str(server.tls_port))
    await page.get_by_label("Name", exact=True).fill("Office")
    await page.keyboard.press("Enter")


async def test_a_mailbox_is_connected_after_mistakes_that_are_told_in_words(
    browser: Browser, vhost: Vhost, database: TestDatabase, mail_server: MailServer
) -> None:
    user = a_user()
    mail_server.deliver(user, [a_message(1)])
    ports = f"{mail_server.port},{mail_server.tls_port}"
    async with (
        running_site(vhost, database, browser, allow_private_mail_hosts=True, mail_ports=ports) as site,
        a_stage(vhost, database) as stage,
        stage.scanner(**mail_settings(mail_server)),
        site.person() as ada,
    ):
        ada.visitor.allowed.append("422")
        page = await ada.visitor.open("/mailboxes/new")
        await page.get_by_role("button", name="Check and connect").click()
        problem = page.get_by_role("alert")
        await expect(problem).to_be_focused()
        await expect(problem).to_contain_text("Enter the name of a mail server, such as imap.example.com.")
        await expect(page).to_have_title("Error: Connect a mailbox · Mailtally")
        await filled(page, mail_server, user, "wrong")
        await expect(problem).to_contain_text("The mail server refused the login.")
        password = page.locator("#password")
        await expect(password).to_have_attribute("aria-invalid", "true")
        assert await password.input_value() == "wrong"
        assert await violations(page) == []
        assert (await ada.client.get("/v1/accounts")).json()["items"] == []
        await password.fill(PASSWORD)
        await page.keyboard.press("Enter")
        card = page.get_by_role("article", name="Office")
        await expect(card).to_contain_text("New")
        await card.get_by_role("button", name="Scan Office now").click()
        await expect(page.locator(".idle-line, .scan")).to_contain_text("1 message")
        await card.get_by_label("More for Office").click()
        await card.get_by_role("button", name="Check connection").click()
        await expect(page.get_by_role("status").filter(has_text="The login works")).to_be_visible()


async def test_an_address_inside_the_network_is_refused_in_words(ada: Person) -> None:
    ada.visitor.allowed.append("422")
    page = await ada.visitor.open("/mailboxes/new")
    await page.get_by_label("Mail server", exact=True).fill("10.0.0.1")
    await page.get_by_label("User name").fill("ada")
    await page.get_by_label("Password", exact=True).first.fill("secret")
    await page.keyboard.press("Enter")
    await expect(page.locator("#host-error")).to_contain_text("private")


async def test_a_mailbox_is_renamed_and_removed(ada: Person) -> None:
    await ada.mailbox("Office")
    page = await ada.visitor.open()
    await page.get_by_label("More for Office").click()
    await page.get_by_role("link", name="Rename").click()
    await page.get_by_label("Name", exact=True).fill("Post")
    await page.keyboard.press("Enter")
    card = page.get_by_role("article", name="Post")
    await card.get_by_label("More for Post").click()
    await card.get_by_role("link", name="Remove").click()
    await expect(page.get_by_role("heading", name="Remove the mailbox Post?")).to_be_visible()
    await page.get_by_role("button", name="Remove the mailbox").click()
    await expect(page.get_by_role("heading", name="Connect your first mailbox")).to_be_visible()
