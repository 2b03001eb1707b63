using Osl.Interop.Linux;

namespace Osl.Cli.Output;

/// <summary>
/// Standard output or error by write(2) alone. System.Console would set up the terminal at its first write, and send it control
/// sequences, while a child of ours has it.
/// </summary>
/// <remarks>
/// Where the number was closed when osl started, the runtime may have it by now, for a pipe of its own: writing there would succeed
/// and go nowhere. Inherited descriptors are never close-on-exec and the runtime's always are, so they are told apart.
/// </remarks>
internal sealed class DescriptorStream(int descriptor) : Stream
{
    /// <summary>Whether it was open when osl started.</summary>
    internal bool IsOpen { get; } = Descriptor.IsInheritable(descriptor);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OutputFailedException">Nobody reads any more, or it can't be written.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        if (!IsOpen)
        {
            throw new OutputFailedException(Errno.EBADF);
        }

        fixed (byte* start = buffer)
        {
            var written = 0;
            while (written < buffer.Length)
            {
                var count = Libc.Write(descriptor, start + written, buffer.Length - written);
                if (count >= 0)
                {
                    written += (int)count;
                    continue;
                }

                var errno = Libc.LastError;
                if (errno == Errno.EAGAIN)
                {
                    // Somebody we share it with has made it non-blocking.
                    var wait = new Libc.PollDescriptor { Descriptor = descriptor, Events = Libc.POLLOUT };
                    _ = Libc.Poll(ref wait, 1, -1);
                }
                else if (errno != Errno.EINTR)
                {
                    throw new OutputFailedException(errno);
                }
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
