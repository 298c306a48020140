"""fusionpbx_access_control from outside."""

from __future__ import annotations

MODULE = "fusionpbx_access_control"


def nodes(bench, network="203.0.113.10/32"):
    return bench.sql(
        "SELECT n.* FROM v_access_control_nodes n JOIN v_access_controls USING (access_control_uuid) "
        "WHERE access_control_name = 'providers' AND node_cidr = %s",
        network,
    )


def test_an_address_is_let_in(bench):
    wanted = {"address": "203.0.113.10", "description": "Provider 1"}
    result = bench.appears(MODULE, wanted, lambda: nodes(bench))
    assert result["created"] == ["provider address 203.0.113.10/32"]
    assert "domain" not in result and "domain_uuid" not in result
    (row,) = nodes(bench)
    assert (row["node_type"], row["node_description"]) == ("allow", "Provider 1")
    assert "reloadacl" in result["commands"]


def test_an_entry_that_is_there_keeps_its_description(bench):
    bench.unchanged(MODULE, {"address": "203.0.113.10/32", "description": "Another text"})


def test_a_list_with_different_descriptions_makes_a_missing_list_once(bench):
    bench.sql("DELETE FROM v_access_control_nodes")
    bench.sql("DELETE FROM v_access_controls WHERE access_control_name = 'providers'")
    wanted = {
        "addresses": [
            {"address": "198.51.100.0/28", "description": "Provider 2"},
            {"address": "203.0.113.10", "description": "Provider 1"},
            {"address": "192.0.2.0/24"},
        ]
    }
    predicted = bench.done(MODULE, wanted, check=True)
    assert nodes(bench) == []
    result = bench.done(MODULE, wanted, diff=True)
    assert result["created"] == predicted["created"]
    assert len(bench.sql("SELECT 1 FROM v_access_controls WHERE access_control_name = 'providers'")) == 1
    found = bench.sql("SELECT node_cidr, node_description FROM v_access_control_nodes ORDER BY node_cidr")
    assert [(row["node_cidr"], row["node_description"]) for row in found] == [
        ("192.0.2.0/24", None),
        ("198.51.100.0/28", "Provider 2"),
        ("203.0.113.10/32", "Provider 1"),
    ]
    assert all(one["before_header"] == "access list providers" for one in result["diff"])
    bench.unchanged(MODULE, wanted)


def test_what_would_do_harm_is_refused(bench):
    bench.sql(
        "INSERT INTO v_access_control_nodes (access_control_node_uuid, access_control_uuid, node_type, node_cidr) "
        "SELECT gen_random_uuid(), access_control_uuid, 'deny', '203.0.113.66/32' FROM v_access_controls "
        "WHERE access_control_name = 'providers'"
    )
    before = bench.snapshot()
    play = bench.play(
        (MODULE, {"address": "0.0.0.0/0"}),
        (MODULE, {"addresses": [{"address": "192.0.2.1"}, {"address": "not an address"}]}),
        (MODULE, {"addresses": [{"address": "192.0.2.1"}, {"address": "192.0.2.1/32"}]}),
        (MODULE, {"address": "203.0.113.66"}),
        (MODULE, {}),
        (MODULE, {"address": "192.0.2.1", "description": "a${system(id)}"}),
    )
    assert all(result["failed"] for result in play.results)
    texts = [result["msg"] for result in play.results]
    assert texts[0].startswith("address: wider than")
    assert texts[1].startswith("addresses[1].address: ")
    assert "stands twice" in texts[2]
    assert "denies 203.0.113.66/32" in texts[3]
    assert "one of the following is required" in texts[4]
    assert texts[5].startswith("description: holds ${")
    assert bench.changed_since(before) == {}


def test_an_address_goes_and_others_stay(bench):
    gone = {"addresses": [{"address": "203.0.113.10", "state": "absent"}, {"address": "203.0.113.66", "state": "absent"}]}
    before = bench.snapshot()
    assert bench.done(MODULE, gone, check=True)["removed"] == ["provider address 203.0.113.10/32"]
    assert bench.changed_since(before) == {}
    result = bench.done(MODULE, gone)
    assert result["removed"] == ["provider address 203.0.113.10/32"]
    assert nodes(bench) == []
    assert nodes(bench, "198.51.100.0/28") and nodes(bench, "203.0.113.66/32")
    bench.unchanged(MODULE, gone)
