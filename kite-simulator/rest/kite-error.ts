// A refusal in Kite's words: the status code, the type that clients may rely on, and the sentence.

export type KiteErrorType =
  | 'TokenException'
  | 'PermissionException'
  | 'UserException'
  | 'OrderException'
  | 'InputException'
  | 'MarginException'
  | 'HoldingException'
  | 'NetworkException'
  | 'DataException'
  | 'GeneralException';

export class KiteError extends Error {
  override readonly name = 'KiteError';
  readonly status: number;
  readonly errorType: KiteErrorType;

  constructor(status: number, errorType: KiteErrorType, message: string) {
    super(message);
    this.status = status;
    this.errorType = errorType;
  }
}

export function inputError(message: string): KiteError {
  return new KiteError(400, 'InputException', message);
}

export function tokenError(message = 'Incorrect `api_key` or `access_token`.'): KiteError {
  return new KiteError(403, 'TokenException', message);
}
