import { expect, it, vi } from "vitest";
import { WorldState } from "../../src/lib/world.svelte";
import { FakeBackend, network } from "../fake/backend";
import { openWorld } from "../stage";

it("knows the platforms by name, and which are connected, in the order in which people see them", async () => {
  const { world } = await openWorld(new FakeBackend({ connected: ["webex", "slack"] }));
  expect(world.connected.map((sheet) => sheet.id)).toEqual(["slack", "webex"]);
  expect(world.nameOf("teams")).toBe("Microsoft Teams");
  expect(world.nameOf("unheard-of")).toBe("unheard-of");
  expect(world.healthOf("teams")).toBe("not_connected");
});

it("is open only once the connections are known, so that the right page is the first one", async () => {
  const fake = new FakeBackend().install();
  const release = fake.hold("platforms");
  const world = new WorldState();
  const starting = world.start();
  await vi.waitFor(() => expect(fake.callsOf("startup")).toHaveLength(1));
  expect(world.phase).toBe("opening");
  release();
  (await starting)();
  expect(world.phase).toBe("ready");
  fake.uninstall();
});

it("is at its first start until a platform is connected", async () => {
  const { fake, world } = await openWorld(new FakeBackend({ connected: [], firstStart: true }));
  expect(world.isFirstStart).toBe(true);
  fake.cards = new FakeBackend({ connected: ["slack"] }).cards;
  await fake.changed({ connections: true });
  await vi.waitFor(() => expect(world.isFirstStart).toBe(false));
});

it("is offline when no connected platform is reachable and the network here is the cause, and not when one answers", async () => {
  const { fake, world } = await openWorld(new FakeBackend({ connected: ["slack", "webex"] }));
  const unreachable = (count: number, offline = true) =>
    fake.cards.filter((card) => card.connection).forEach((card, at) => (card.health = { ...card.health, state: at < count ? "unreachable" : "well", offline: offline && at < count }));
  unreachable(2, false);
  await fake.changed({ connections: true });
  await vi.waitFor(() => expect(world.healthOf("webex")).toBe("unreachable"));
  expect(world.isOffline).toBe(false);
  unreachable(1);
  await fake.changed({ connections: true });
  await vi.waitFor(() => expect(world.healthOf("webex")).toBe("well"));
  await fake.changed({ connections: true });
  await vi.waitFor(() => expect(world.healthOf("slack")).toBe("unreachable"));
  expect(world.isOffline).toBe(false);
  unreachable(2);
  await fake.changed({ connections: true });
  await vi.waitFor(() => expect(world.isOffline).toBe(true));
});

it("is not offline where nothing is connected", async () => {
  const { world } = await openWorld(new FakeBackend({ connected: [] }));
  expect(world.isOffline).toBe(false);
});

it("tells the newest import of all", async () => {
  const fake = new FakeBackend({ connected: ["slack", "webex"] });
  const at = (platform: string, time: string | null) => Object.assign(fake.cards.find((card) => card.platform === platform)?.connection ?? {}, { imported_at: time });
  at("slack", "2026-11-19T08:00:00Z");
  at("webex", "2026-11-20T08:00:00Z");
  expect((await openWorld(fake)).world.importedAt).toBe("2026-11-20T08:00:00Z");
});

it("keeps a refused start with its reason, and opens when tried again", async () => {
  const fake = new FakeBackend();
  const ready = fake.startup;
  fake.startup = { state: "failed", folder: "/data", problem: network };
  const { world } = await openWorld(fake);
  expect(world.failure).toMatchObject({ problem: network, folder: "/data" });
  fake.startup = ready;
  await world.openAgain();
  expect(world.phase).toBe("ready");
});

it("shows a start whose command fails as a refused one, never as nothing", async () => {
  const { world } = await openWorld(new FakeBackend().refuse("startup"));
  expect(world.failure?.problem).toEqual(network);
});

it("opens the demo once for two presses, and says why when it cannot", async () => {
  const { fake, world } = await openWorld();
  const release = fake.hold("open_demo");
  const first = world.openDemo();
  const second = world.openDemo();
  expect(world.changingRealm).toBe(true);
  release();
  await Promise.all([first, second]);
  expect(fake.callsOf("open_demo")).toHaveLength(1);
  expect(world.isDemo).toBe(true);
  fake.refuse("leave_demo");
  await world.leaveDemo();
  expect(world.isDemo).toBe(true);
  expect(world.realmProblem).toEqual(network);
  expect(world.changingRealm).toBe(false);
});

it("announces the end of a run once", async () => {
  const { fake, world } = await openWorld();
  const progress = { run: "a", kind: "import", platform: "slack", done: 1, total: null, seconds_left: null, ended: false } as const;
  await fake.progress(progress);
  expect(world.running.all).toHaveLength(1);
  await fake.progress({ ...progress, ended: true });
  expect(world.running.all).toEqual([]);
  expect(world.announced.text).toBe("The import has ended.");
});

it("what a page noted in the status line goes with the page", async () => {
  const { world } = await openWorld();
  world.note = "12 selected";
  world.go({ page: "user-sync", open: { what: "conflicts" } });
  expect(world.note).toBe("12 selected");
  world.go({ page: "activity" });
  expect(world.note).toBeNull();
});

it("hears nothing after its end", async () => {
  const fake = new FakeBackend().install();
  const world = new WorldState();
  const end = await world.start();
  const heard = vi.fn();
  world.changes.onChanged(heard);
  await fake.changed({});
  end();
  await fake.changed({});
  expect(heard).toHaveBeenCalledOnce();
  fake.uninstall();
});
