/** The calls of the demonstration over REST. */
import { Deviation } from './walk.mjs';

export class RestApi {
  name = 'rest';
  unauthenticated = 401;

  /** @param {string} url without a trailing slash */
  constructor(url) {
    this.url = url;
  }

  register(request, requestId) {
    return this.#call('POST', '/api/v1/auth/register', 201, { body: request, requestId });
  }

  login(credentials) {
    return this.#call('POST', '/api/v1/auth/login', 200, { body: credentials });
  }

  me(token) {
    return this.#call('GET', '/api/v1/auth/me', 200, { token });
  }

  refresh(refresh_token) {
    return this.#call('POST', '/api/v1/auth/refresh', 200, { body: { refresh_token } });
  }

  listUsers(token, search) {
    return this.#call('GET', `/api/v1/users?search=${encodeURIComponent(search)}`, 200, { token });
  }

  async findJobs(token, filter) {
    return (await this.#call('GET', `/api/v1/jobs/jobs?${new URLSearchParams(filter)}`, 200, { token })).data;
  }

  getJob(token, id) {
    return this.#call('GET', `/api/v1/jobs/jobs/${id}`, 200, { token });
  }

  logout(token) {
    return this.#call('POST', '/api/v1/auth/logout', 204, { token });
  }

  close() {
    // Nothing is open between two requests.
  }

  /** @throws Deviation with the status as `code` when it is not the expected one */
  async #call(method, path, expected, { token, body, requestId }) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(requestId && { 'x-request-id': requestId }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== expected) {
      const deviation = new Deviation(
        `${method} ${path}: expected ${expected}, got ${response.status} ${text}`,
      );
      throw Object.assign(deviation, { code: response.status });
    }
    return text === '' ? undefined : JSON.parse(text);
  }
}
