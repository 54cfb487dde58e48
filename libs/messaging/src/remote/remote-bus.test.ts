import { describeMessageBus } from '../../conformance/describe-message-bus.ts';
import { createRemoteFixture } from '../../testing/remote-fixture.ts';

describeMessageBus("the server's own queue", () => createRemoteFixture());
