// A span as OTLP has it in JSON: https://opentelemetry.io/docs/specs/otlp, and what of it the platform uses.

export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

export interface SpanEvent {
  readonly timeUnixNano: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

export interface Span {
  /** 16 bytes in hexadecimal. */
  readonly traceId: string;
  /** 8 bytes in hexadecimal. */
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1: within the process; 3: it waits for somebody elsewhere. */
  readonly kind: 1 | 3;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly events: readonly SpanEvent[];
  /** 2: it failed. */
  readonly status: { readonly code: 0 | 2; readonly message?: string };
}

/** What is undefined is left out. */
export function attributesOf(values: Readonly<Record<string, string | number | undefined>>): readonly Attribute[] {
  return Object.entries(values).flatMap(([key, value]) => {
    return value === undefined ? [] : [{ key, value: { stringValue: `${value}` } }];
  });
}
