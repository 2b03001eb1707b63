namespace Osl.Security.Policies;

/// <summary>What a program does with arguments that somebody chooses.</summary>
/// <param name="Code">The code of the finding.</param>
/// <param name="Arguments">Arguments by which it runs what they say, or what a file of theirs says.</param>
/// <param name="Does">What it does then.</param>
internal sealed record KnownProgram(string Code, string[] Arguments, string Does);

/// <summary>
/// Programs that start others, by their last name without a version. Not complete and can't be: lint finds what is here, and an
/// argument list that allows only what is wanted keeps out the rest.
/// </summary>
internal static class KnownPrograms
{
    private static readonly Dictionary<string, KnownProgram> ByName = new(StringComparer.Ordinal);

    static KnownPrograms()
    {
        Add(
            "shell",
            ["-c", "-ic", "-s", "/tmp/script", "script"],
            "runs any command",
            "sh bash dash zsh ksh fish csh tcsh ash mksh rbash pwsh cmd.exe powershell.exe"
        );
        Add(
            "interpreter",
            ["-c", "-e", "-m", "-r", "-E", "-ne", "-p", "--eval", "/tmp/script", "script.py", "exec"],
            "runs any code",
            "python pypy perl ruby node nodejs deno bun php lua luajit tclsh expect guile Rscript julia java dotnet osascript irb jshell"
        );
        Add("interpreter", ["BEGIN{system(\"id\")}", "-f", "--file=/tmp/x"], "runs any code, by system()", "awk gawk mawk nawk bc dc");
        Add("interpreter", ["1e id", "-f", "-i", "w /tmp/x", "s/x/id/e"], "runs commands by 'e' and writes files by 'w'", "sed");
        Add(
            "wrapper",
            ["sh", "/bin/sh", "id", "bash", "reboot"],
            "runs the program that its arguments name",
            "env nice nohup timeout setsid stdbuf xargs time strace ltrace gdb chroot unshare nsenter sudo su doas runuser pkexec ionice taskset chrt flock"
                + " script watch parallel busybox toybox command exec start-stop-daemon systemd-run setpriv capsh prlimit numactl catchsegv ld.so"
                + " ld-linux-x86-64.so.2 unbuffer firejail bwrap fakeroot ssh-agent dbus-run-session xvfb-run"
        );
        Add(
            "launcher",
            ["-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprintf", "-fls"],
            "runs programs by -exec and the like",
            "find"
        );
        Add(
            "launcher",
            [
                "-c",
                "--config-env=core.pager=X",
                "--exec-path=/tmp",
                "--upload-pack=sh",
                "--git-dir=/tmp/x",
                "-C",
                "--paginate",
                "--open-files-in-pager=sh",
                "ext::sh",
                "--output=/tmp/x",
                "x",
                "--ext-diff",
            ],
            "runs aliases, pagers, hooks and helpers that -c, -C, an alias or an option brings in",
            "git"
        );
        Add(
            "launcher",
            ["--checkpoint-action=exec=sh", "--to-command=sh", "-I", "--use-compress-program=sh", "--rsh-command=sh"],
            "runs programs by its options",
            "tar gtar bsdtar"
        );
        Add("launcher", ["-T", "-TT", "--unzip-command=sh"], "runs the program that -TT names", "zip");
        Add("launcher", ["-e", "--rsh=sh", "--rsync-path=sh"], "runs the program that -e names", "rsync");
        Add(
            "launcher",
            ["-oProxyCommand=sh", "-o", "-F", "-S", "id"],
            "runs programs here by ProxyCommand and there by its arguments",
            "ssh scp sftp"
        );
        Add(
            "launcher",
            ["-c", "+!sh", "-S", "--cmd", "-s"],
            "runs commands by its own command language",
            "vi vim nvim view ex ed emacs nano vimdiff"
        );
        Add("launcher", ["+!sh", "-P", "--lesskey-src=/tmp/x", "/etc/shadow"], "runs commands by '!'", "less more man most");
        Add(
            "launcher",
            ["-f", "--eval=x:;id", "-C", "SHELL=/tmp/x", "CC=sh", "x"],
            "runs what a file or a variable says",
            "make gmake ninja cmake rake ant mvn gradle cargo go npm npx yarn pnpm pip pip3 gem"
        );
        Add(
            "launcher",
            ["run", "exec", "-v", "--privileged", "-H"],
            "starts containers, with the whole machine mounted",
            "docker podman nerdctl kubectl ctr"
        );
        Add(
            "launcher",
            ["start", "link", "edit", "--root=/tmp", "-H"],
            "starts services that somebody wrote",
            "systemctl service crontab at batch"
        );
        Add(
            "launcher",
            ["-o", "--output", "-K", "--config", "file:///etc/shadow"],
            "writes files where -o says and reads any file",
            "curl wget"
        );
        Add(
            "launcher",
            ["--pager=sh", "--compress-program=sh", "-o"],
            "runs the program that an option names, or writes where it says",
            "sort rg split grep"
        );
        Add("launcher", ["-e", "-c", "--sh-exec", "EXEC:sh", "SYSTEM:id"], "runs programs for whoever connects", "nc ncat netcat socat");
        Add("launcher", ["-z", "-w"], "runs the command that -z names", "tcpdump");
        Add(
            "launcher",
            ["--eval", "-x", "-ex", "!sh"],
            "runs commands by its own command language",
            "mysql psql sqlite3 gdb-multiarch ftp"
        );
    }

    /// <summary>What is known of a program; null when nothing is.</summary>
    /// <param name="name">Its last name: <c>python3.11</c> is python.</param>
    internal static KnownProgram? Find(string name) =>
        ByName.GetValueOrDefault(name)
        ?? ByName.GetValueOrDefault(name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', '-'));

    private static void Add(string code, string[] arguments, string does, string names)
    {
        var program = new KnownProgram(code, arguments, does);
        foreach (var name in names.Split(' '))
        {
            ByName[name] = program;
        }
    }
}
