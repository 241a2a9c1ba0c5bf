/* tests/unit/capture/sensor_helper.c - a small static program for tests to execute.
 *
 * helper [CODE]: exits with CODE, 0 without one or when it is no digit. */
int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] < '0' || argv[1][0] > '9')
        return 0;
    return argv[1][0] - '0';
}
