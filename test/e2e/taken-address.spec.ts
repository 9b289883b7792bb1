import { describeOverLinks } from '../support/over-links.js';
import { expectProblem } from '../support/problem.js';
import { problemOf } from '../support/rest-client.js';

const PASSWORD = 'Tr0mbone-Quartet';

describeOverLinks('an e-mail address that is taken', (product) => {
  it('is refused in any case', async () => {
    const { rest, people } = product();
    const { email } = await people.newcomer();
    for (const same of [email, email.toUpperCase(), ` ${email} `, email.replace('p', 'P')]) {
      const answer = await rest.post('/api/v1/auth/register', {
        name: 'Twin',
        email: same,
        password: PASSWORD,
      });
      expect(problemOf(answer)).toEqual([409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]);
      expectProblem(answer);
    }
  });

  it('is given to one of two who ask at once', async () => {
    const { rest, people } = product();
    const { token } = await people.withRole('admin');
    for (let round = 0; round < 5; round++) {
      const email = people.newEmail();
      const requests = [email, email.toUpperCase()].map((address) =>
        rest.post('/api/v1/auth/register', { name: 'Twin', email: address, password: PASSWORD }),
      );
      const answers = (await Promise.all(requests)).sort((one, other) => one.status - other.status);
      expect(answers.map(({ status }) => status)).toEqual([201, 409]);
      expect(problemOf(answers[1]!)).toEqual([409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]);
      const found = await rest.get(`/api/v1/users?search=${encodeURIComponent(email)}`, { token });
      expect(found.body.data).toMatchObject([{ id: answers[0]!.body.id }]);
    }
  });
});
