// The window in a plain browser over the fake back end: preview.html?page=settings&theme=dark&people=2000&scenario=offline
// Further parameters: realm=demo, first=1 (first start), connected=slack,webex

import { mount } from "svelte";
import App from "../../src/App.svelte";
import "../../src/base.css";
import type { Page, Place } from "../../src/lib/places";
import { WorldState } from "../../src/lib/world.svelte";
import "../../src/tokens.css";
import { FakeBackend, TODAY } from "./backend";
import type { Scenario } from "./scenario";

const parameters = new URLSearchParams(location.search);
const modules = import.meta.glob<{ [name in string]: Scenario }>("./scenarios/*.ts", { eager: true });
const scenarios = Object.assign({}, ...Object.values(modules)) as { [name in string]: Scenario };

// The company's day: whoever asks for the time gets it, and timers run on.
const began = Date.now();
const realNow = Date.now.bind(Date);
Date.now = () => TODAY + realNow() - began;

const theme = parameters.get("theme");
if (theme) localStorage.setItem("theme", theme);
else localStorage.removeItem("theme");

const first = parameters.get("first") !== null;
const fake = new FakeBackend({
  people: Number(parameters.get("people") ?? 400),
  connected: first ? [] : parameters.get("connected")?.split(","),
  realm: parameters.get("realm") === "demo" ? "demo" : "live",
  firstStart: first,
}).install();
const world = new WorldState();
const page = parameters.get("page") as Page | null;
if (page) world.go({ page } as Place);

const name = parameters.get("scenario");
const scenario = name === null ? undefined : scenarios[name];
if (name !== null && !scenario) throw new Error(`no scenario ${name}; there are ${Object.keys(scenarios).join(", ")}`);
const target = document.getElementById("app");
if (!target) throw new Error("preview.html has no element with the id app");
await scenario?.before?.(fake, world);
mount(App, { target, props: { world } });
await scenario?.after?.(fake, world);
