/** Reason of a sensor that is off because nobody wanted it, as sense.json (docs/sense.md) says it, too. */
export const NOT_ASKED = 'not asked for';
