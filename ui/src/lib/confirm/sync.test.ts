import { describe, expect, it } from "vitest";
import { FakeBackend } from "../../../tests/fake/backend";
import { ana, backendOf, EIGHT, MANY, previewOfOne, primaryBeside, sheetOf } from "../../../tests/fake/dialogs";
import type { PlatformSheet, SyncPreview } from "../bindings";
import { SyncConfirmation } from "./sync.svelte";
import { around, installed } from "../../../tests/fake/around";

async function ready(fake: FakeBackend, platform: PlatformSheet, person: ReturnType<typeof ana> | null = null) {
  installed(fake);
  const page = around();
  const selection = person === null ? { matching: { search: null, status: null, platform: null, primary: null, reason: null } } : { people: [person.id] };
  const sync = new SyncConfirmation(page, selection, platform, person);
  await sync.load();
  return { page, sync };
}

describe("each of the eight confirmations says in words of its own what will happen", () => {
  for (const { platform, hasAccount } of EIGHT) {
    it(`${platform}, ${hasAccount ? "with an account there" : "without one"}`, async () => {
      const primary = primaryBeside(platform);
      const person = ana(hasAccount ? [primary, platform] : [primary]);
      const { sync } = await ready(backendOf(person), sheetOf(platform), person);
      const view = sync.view;
      expect(view?.kind === "one" ? view.words : { blocked: view?.kind === "blocked" ? view.row.reason : null }).toMatchSnapshot();
    });
  }
});

it("no two of the confirmations say the same", async () => {
  const said = [];
  for (const { platform, hasAccount } of EIGHT) {
    const primary = primaryBeside(platform);
    const person = ana(hasAccount ? [primary, platform] : [primary]);
    const { sync } = await ready(backendOf(person), sheetOf(platform), person);
    if (sync.view?.kind === "one") said.push(JSON.stringify([sync.view.words.lead, sync.view.words.steps, sync.view.words.facts]));
  }
  expect(said).toHaveLength(7);
  expect(new Set(said).size).toBe(7);
});

it("a platform that no table knows has its words from its sheet", async () => {
  const fifth: PlatformSheet = { ...sheetOf("webex"), id: "fifth", name: "Fifth Chat", stand_in: "guest", stand_in_removable: true };
  const person = ana(["slack"]);
  const preview: SyncPreview = { ...previewOfOne(person, "webex"), to: "fifth" };
  const fake = new FakeBackend({ people: 3 });
  fake.on("preview_sync", () => ({ ...preview, bots: 0, guests: 1, people: preview.people.map((row) => ({ ...row, action: "invite_guest" })) }));
  const { sync } = await ready(fake, fifth, person);
  expect(sync.view?.kind === "one" ? sync.view.words : null).toMatchObject({
    title: "Invite a Fifth Chat guest for Ana Ruiz?",
    confirm: "Invite guest",
  });
});

it("where answers may not be read all the time the admin is told to press the button", async () => {
  const person = ana(["teams", "webex"]);
  const { sync } = await ready(backendOf(person), sheetOf("webex"), person);
  expect(sync.view?.kind === "one" ? sync.view.words.steps.join(" ") : "").toContain("press “Check answers” while they are there");
});

it("a paste-back plan tells the person to answer with the address", async () => {
  const person = ana(["slack", "zoom"]);
  const preview = previewOfOne(person, "zoom");
  const fake = backendOf(person).on("preview_sync", () => ({ ...preview, people: preview.people.map((row) => ({ ...row, steps: ["prompt in slack", "paste-back", "confirm"] })) }));
  const { sync } = await ready(fake, sheetOf("zoom"), person);
  const steps = sync.view?.kind === "one" ? sync.view.words.steps.join(" ") : "";
  expect(steps).toContain("answer with the address");
  expect(steps).not.toContain("code");
});

it("what is blocked or stands already cannot be confirmed", async () => {
  const person = ana(["slack"]);
  const fake = backendOf(person);
  const blocked = await ready(fake, sheetOf("zoom"), person);
  expect([blocked.sync.view?.kind, blocked.sync.canConfirm]).toEqual(["blocked", false]);
  await blocked.sync.confirm();
  const preview = previewOfOne(person, "webex");
  fake.on("preview_sync", () => ({ ...preview, bots: 0, already: 1, people: preview.people.map((row) => ({ ...row, action: "none" })) }));
  const already = await ready(fake, sheetOf("webex"), person);
  expect([already.sync.view?.kind, already.sync.canConfirm]).toEqual(["already", false]);
  expect(fake.callsOf("sync")).toEqual([]);
});

it("a person who is gone is told of, and nothing can be confirmed", async () => {
  const person = ana(["slack"]);
  const fake = backendOf(person).on("preview_sync", () => ({ ...previewOfOne(person, "webex"), total: 0, bots: 0, people: [] }));
  const { sync } = await ready(fake, sheetOf("webex"), person);
  expect([sync.view?.kind, sync.canConfirm]).toEqual(["nobody", false]);
});

describe("the questions of a platform", () => {
  const person = ana(["teams"]);

  it("are asked before the first sync, and their answers go with it", async () => {
    const fake = backendOf(person);
    const { sync } = await ready(fake, sheetOf("slack"), person);
    expect([sync.unanswered.length, sync.canConfirm, sync.answeredBefore]).toEqual([2, false, false]);
    sync.choose("second_factor", "sso");
    await sync.confirm();
    expect(fake.callsOf("sync")).toEqual([]);
    sync.choose("approval", "later");
    await sync.confirm();
    expect(fake.callsOf("sync")).toEqual([{ selection: { people: [person.id] }, to: "slack", answers: { second_factor: "sso", approval: "later" } }]);
  });

  it("are filled in afterwards and can be changed", async () => {
    const fake = backendOf(person).on("preview_sync", () => ({ ...previewOfOne(person, "slack"), answers: { second_factor: "app", approval: "now" } }));
    const { sync } = await ready(fake, sheetOf("slack"), person);
    expect([sync.answeredBefore, sync.canConfirm]).toEqual([true, true]);
    sync.choose("approval", "later");
    expect(sync.answeredBefore).toBe(true);
    await sync.confirm();
    expect(fake.callsOf("sync")[0]).toMatchObject({ answers: { second_factor: "app", approval: "later" } });
  });

  it("count as open when the stored answer is none of the choices", async () => {
    const fake = backendOf(person).on("preview_sync", () => ({ ...previewOfOne(person, "slack"), answers: { second_factor: "retina", approval: "now" } }));
    const { sync } = await ready(fake, sheetOf("slack"), person);
    expect(sync.unanswered.map((question) => question.key)).toEqual(["second_factor"]);
  });

  it("are not asked where nothing would begin", async () => {
    const fake = backendOf(person).on("preview_sync", () => ({ ...previewOfOne(person, "slack"), bots: 0, already: 1 }));
    const { sync } = await ready(fake, sheetOf("slack"), person);
    expect(sync.questions).toEqual([]);
  });
});

it("a bulk sync shows counts, and its verb names what it does", async () => {
  const fake = new FakeBackend({ people: 3 }).on("preview_sync", () => MANY);
  const { sync, page } = await ready(fake, sheetOf("webex"));
  expect(sync.lines.map((line) => [line.key, line.count])).toEqual([["prompts", 2904], ["bots", 1012], ["already", 331], ["blocked", 65]]);
  expect(sync.starts).toBe(3916);
  expect(sync.byHand).toEqual(["Microsoft Teams"]);
  expect(sync.sharedFacts.map((fact) => fact.label)).toEqual(["Messages", "Undo, prompts", "Undo, bots"]);
  await sync.confirm();
  expect(page.said).toEqual(["The sync of 3,916 people to Webex has begun."]);
});
