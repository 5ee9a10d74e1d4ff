// Why a message could not be read: the catalogue of codes, which dead letters carry and other programs match on.

export const WIRE_ERROR_CODES = {
  UNKNOWN_TOPIC: 'The topic is none of the platform.',
  TOO_LARGE: 'The message is longer than a message of its topic may be.',
  MALFORMED_JSON: 'The text is not JSON.',
  TOO_DEEP: 'Objects and lists are nested deeper than a message may be.',
  FORBIDDEN_KEY: 'A field is called __proto__.',
  NO_ENVELOPE: 'The message is no JSON object with the fields of the envelope.',
  BAD_ENVELOPE: 'A field of the envelope is missing or of the wrong kind.',
  BROKER_MISMATCH: 'The message speaks of another broker than its topic: it halts the namespace.',
  WRONG_TYPE: 'The topic does not carry this type.',
  NOT_AN_EVENT: 'The type is read for what it tells, but it is no event that a stage applies.',
  FUTURE_VERSION: 'The data has a later version than this build knows.',
  INVALID_DATA: 'A field of the data is missing, out of range or of the wrong kind.',
} as const;

export type WireErrorCode = keyof typeof WIRE_ERROR_CODES;
