// How long the tests wait for what must come: so long that only what hangs is given up, however slow or busy the machine.
// No test says how quick anything is: `cargo xtask bench` measures that.

/** For an answer, a line of the log, a change of a page. */
export const HANG_MS = 60_000;

/** For a test as a whole, with everything that it waits for. */
export const TEST_HANGS_MS = 600_000;
