import { expect, it } from "vitest";
import { network } from "../../../tests/fake/backend";
import { ana, backendOf } from "../../../tests/fake/dialogs";
import type { AccountHit } from "../bindings";
import { AccountLinks } from "./links.svelte";
import { installed, settled } from "../../../tests/fake/around";

const hit = (name: string, part: Partial<AccountHit> = {}): AccountHit => ({ person: "p-9", person_name: name, platform: "zoom", id: `z-${name}`, name, email: null, ...part });

function opened() {
  const person = ana(["slack", "webex"]);
  const fake = installed(backendOf(structuredClone(person)));
  const said: string[] = [];
  return { fake, said, links: new AccountLinks(person, (platform) => platform.toUpperCase(), (text) => said.push(text)) };
}

it("an account is unlinked once, and the person is read anew", async () => {
  const { fake, said, links } = opened();
  fake.on("unlink_account", () => void delete fake.people[0]?.accounts["webex"]);
  links.ask("webex");
  await Promise.all([links.unlink("webex"), links.unlink("webex")]);
  expect(fake.callsOf("unlink_account")).toEqual([{ platform: "webex", account: "webex-ana" }]);
  expect([links.accounts.map(({ platform }) => platform), links.asking, said]).toEqual([["slack"], null, ["The WEBEX account is unlinked."]]);
});

it("a refusal stands beside what was pressed, and changes nothing", async () => {
  const { fake, said, links } = opened();
  fake.refuse("unlink_account");
  links.ask("webex");
  await links.unlink("webex");
  expect([links.problem, links.asking, links.busy, said]).toEqual([network, "webex", null, []]);
});

it("one letter asks nothing; of quick letters only the newest answer is shown", async () => {
  const { fake, links } = opened();
  await links.search("a");
  expect(fake.callsOf("find_accounts")).toEqual([]);
  const release = fake.hold("find_accounts");
  const first = links.search("an");
  await links.search("ana");
  await links.search("anam");
  fake.on("find_accounts", (args) => [hit(String(args["text"]))]);
  release();
  await first;
  expect(fake.callsOf("find_accounts").map((args) => args["text"])).toEqual(["an", "anam"]);
  expect(links.hits?.map((found) => found.name)).toEqual(["anam"]);
});

it("an answer to a search that was cleared meanwhile is dropped", async () => {
  const { fake, links } = opened();
  const release = fake.hold("find_accounts");
  const first = links.search("ana");
  await links.search("");
  release();
  await first;
  await settled();
  expect([links.hits, links.searching]).toEqual([null, false]);
});

it("what belongs to the person already, or to a platform whose place is taken, is not linked", async () => {
  const { fake, links } = opened();
  const found = [hit("own", { person: "person-ana" }), hit("second", { platform: "webex" }), hit("free")];
  expect(found.map((one) => links.hindrance(one))).toEqual(["already", "taken", null]);
  for (const one of found) await links.link(one);
  expect(fake.callsOf("link_account")).toEqual([{ person: "person-ana", platform: "zoom", account: "z-free" }]);
});

it("a person whom unlinking took away is gone", async () => {
  const { fake, links } = opened();
  fake.on("unlink_account", () => void fake.people.shift());
  await links.unlink("webex");
  expect(links.row).toBeNull();
});
