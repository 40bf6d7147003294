// What a confirmation knows of the window around it.

import type { WorldState } from "../world.svelte";
import type { Surroundings } from "./confirmation.svelte";

export const around = (world: WorldState, close: () => void): Surroundings => ({
  sheet: (platform) => world.sheet(platform),
  senderOf: (platform) => world.card(platform)?.connection?.sender ?? null,
  close,
  announce: world.announce,
});
