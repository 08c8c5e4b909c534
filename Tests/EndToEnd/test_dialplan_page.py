"""The widget lands where the page and the dialplan say."""

from conftest import DEMO, registered
from patience import eventually
from test_dialplan_live import gateway, plans  # noqa: F401
from test_widget import call, talking


def test_the_page_says_which_extension_it_calls(gateway, website, browse, softphone):
    alice, bob = registered(softphone("alice")), registered(softphone("bob"))
    talking(call(browse(website.embed(gateway.http, DEMO, extension="support"))), "bob")
    eventually(lambda: bob.heard("CALL_ESTABLISHED"), what="bob's answer")
    assert not alice.heard("CALL_INCOMING")
