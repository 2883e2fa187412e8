/** Milliseconds of the connector's and the sandbox's clocks in one of the machine's. */
export const chaosSpeed = 60;
