using Xunit;

namespace Osl.Tests.Integration.Cli;

/// <summary>A program that sets a real seccomp filter, as container profiles do, and becomes another one.</summary>
internal static class CallRefusal
{
    /// <summary>
    /// Its first argument are calls with the error number that each gets, for itself and all it starts: <c>pidfd_open:1,waitid/0=3:22</c>,
    /// where <c>/0=3</c> means only those whose first argument is 3. The rest is what it becomes. A filter needs a privilege or no_new_privs.
    /// </summary>
    private const string Script = """
        import ctypes, os, platform, struct, sys
        arm = platform.machine() == 'aarch64'
        numbers = {'pidfd_open': 434, 'pidfd_send_signal': 424, 'waitid': 95 if arm else 247,
                   'fcntl': 25 if arm else 72, 'seccomp': 277 if arm else 317}
        lines = []
        for rule in sys.argv[1].split(','):
            call, error = rule.split(':')
            call, _, condition = call.partition('/')
            refused = [(0x06, 0, 0, 0x00050000 | int(error))]
            if condition:
                at, value = map(int, condition.split('='))
                refused = [(0x20, 0, 0, 16 + 8 * at), (0x15, 0, 1, value)] + refused
            lines += [(0x20, 0, 0, 0), (0x15, 0, len(refused), numbers[call])] + refused
        lines.append((0x06, 0, 0, 0x7FFF0000))
        code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in lines))
        program = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(lines), ctypes.addressof(code)))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0, os.strerror(ctypes.get_errno())
        os.execvp(sys.argv[2], sys.argv[2:])
        """;

    /// <summary>Skips the test where it can't run.</summary>
    internal static void WriteTo(string directory)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3, which installs the filter, is not here.");
        File.WriteAllText(Path.Combine(directory, "filter.py"), Script);
    }
}
